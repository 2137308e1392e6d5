# Kernels broken on purpose, to show that executor S refuses them: a copy of one header of a kernel
# with one place changed, compiled with all that includes it into a checked unit of its own flavour.

# add_mutant(<name> <unit> <header> <from> <to>): the object library mutant_<name> of <unit>, in which
# <header>, a path from the project's root, has <to> in the place of <from>. <from> must be there once.
# Where the unit says K_HOST_ENTRIES(<entries>), its table is <entries>_<name>_entries().
function(add_mutant name unit header from to)
  write_mutant(${name} ${header} "${from}" "${to}")
  add_library(mutant_${name} OBJECT ${unit})
  target_include_directories(mutant_${name} BEFORE PRIVATE ${PROJECT_BINARY_DIR}/mutants/${name})
  target_link_libraries(mutant_${name} PRIVATE kernelgate_source_checked kernelgate_warnings)
  target_compile_options(mutant_${name} PRIVATE -UKG_FLAVOUR -DKG_FLAVOUR=${name})
  set_target_properties(mutant_${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
endfunction()

# add_rejected_mutant(<name> <unit> <header> <from> <to> <message>): a test, label `ci`, that the
# compiler rejects the unit and says <message>, a regular expression.
function(add_rejected_mutant name unit header from to message)
  write_mutant(${name} ${header} "${from}" "${to}")
  add_test(NAME mutant.${name}_is_not_compiled
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -DKG_FLAVOUR=${name}
      -I${PROJECT_BINARY_DIR}/mutants/${name} -I${PROJECT_SOURCE_DIR}/kernels/dialect/host
      -I${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${unit})
  set_tests_properties(mutant.${name}_is_not_compiled PROPERTIES
    LABELS ci TIMEOUT 120 PASS_REGULAR_EXPRESSION "${message}")
endfunction()

function(write_mutant name header from to)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${header})
  file(READ ${PROJECT_SOURCE_DIR}/${header} text)
  string(FIND "${text}" "${from}" first)
  string(FIND "${text}" "${from}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "mutant ${name}: expected '${from}' once in ${header}")
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/mutants/${name}/${header} CONTENT "${text}" @ONLY)
endfunction()
