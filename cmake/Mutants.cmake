# Kernels with seeded bugs, to test that the source executor finds them: a copy of one kernel header with
# one change, compiled with everything that includes it as a checked unit in its own build mode.

# add_mutant(<name> <unit> <header> <from> <to>): adds the object library mutant_<name> of <unit>, in which
# <to> replaces <from> in <header>, a path from the project's root. <from> must occur exactly once.
# If the unit contains K_HOST_ENTRIES(<entries>), its table is <entries>_<name>_entries().
function(add_mutant name unit header from to)
  write_mutant(${name} ${header} "${from}" "${to}")
  add_library(mutant_${name} OBJECT ${unit})
  target_include_directories(mutant_${name} BEFORE PRIVATE ${PROJECT_BINARY_DIR}/mutants/${name})
  target_link_libraries(mutant_${name} PRIVATE kernelgate_source_checked kernelgate_warnings)
  target_compile_options(mutant_${name} PRIVATE -UKG_BUILD_MODE -DKG_BUILD_MODE=${name})
  set_target_properties(mutant_${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
endfunction()

# add_rejected_mutant(<name> <unit> <header> <from> <to> <message>): adds a test, label `ci`, that the
# compiler rejects the unit with a message that matches the regular expression <message>.
function(add_rejected_mutant name unit header from to message)
  write_mutant(${name} ${header} "${from}" "${to}")
  add_test(NAME mutant.${name}_is_not_compiled
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -DKG_BUILD_MODE=${name}
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
