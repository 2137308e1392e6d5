# Kernels with seeded bugs, to test that the source executor finds them: a copy of one kernel header with
# one change, compiled with everything that includes it as a checked unit in its own build mode.

# add_mutant(<name> <table> <header> <from> <to> [TEST <program>]): adds the instances <table>_entries() of the
# kernel in the current folder, compiled with <to> instead of <from> in <header>: a file of this folder, or a path
# from the project's root. <from> must occur exactly once. The tests of the folder, test_<folder> or the program
# TEST, get them as <name>_entries(), which <folder>_units.hpp declares. Nothing without KERNELGATE_TESTS.
function(add_mutant name table header from to)
  if(NOT KERNELGATE_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 5 M "" "TEST" "")
  write_mutant(unit ${name} ${table} ${header} "${from}" "${to}")
  add_library(mutant_${name} OBJECT ${unit})
  target_include_directories(mutant_${name} BEFORE PRIVATE ${PROJECT_BINARY_DIR}/mutants/${name})
  target_link_libraries(mutant_${name} PRIVATE kernelgate_source_checked kernelgate_warnings)
  target_compile_options(mutant_${name} PRIVATE -UKG_BUILD_MODE -DKG_BUILD_MODE=${name})
  set_target_properties(mutant_${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  declare_for_tests("NativeEntries ${name}_entries()")
  if(NOT M_TEST)
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME kernel)
    set(M_TEST test_${kernel})
  endif()
  target_sources(${M_TEST} PRIVATE $<TARGET_OBJECTS:mutant_${name}>)
endfunction()

# add_rejected_mutant(<name> <table> <header> <from> <to> <message>): adds a test, label `ci`, that the
# compiler rejects the instances with a message that matches the regular expression <message>.
function(add_rejected_mutant name table header from to message)
  if(NOT KERNELGATE_TESTS)
    return()
  endif()
  write_mutant(unit ${name} ${table} ${header} "${from}" "${to}")
  kernel_root_option(root ${kernelgate_root})
  add_test(NAME mutant.${name}_is_not_compiled
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -DKG_BUILD_MODE=${name}
      -I${PROJECT_BINARY_DIR}/mutants/${name} -I${PROJECT_SOURCE_DIR}/kernels/common/dialect/host
      -I${PROJECT_SOURCE_DIR} ${root} ${unit})
  set_tests_properties(mutant.${name}_is_not_compiled PROPERTIES
    LABELS ci TIMEOUT 120 PASS_REGULAR_EXPRESSION "${message}")
endfunction()

# Writes the changed header and the unit to <build>/mutants/<name>/ and sets the variable to the unit.
function(write_mutant variable name table header from to)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${kernelgate_root} OUTPUT_VARIABLE folder)
  set(original ${PROJECT_SOURCE_DIR}/${header})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${header})
    set(original ${CMAKE_CURRENT_SOURCE_DIR}/${header})
    set(header ${folder}/${header})
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${original})
  file(READ ${original} text)
  string(FIND "${text}" "${from}" first)
  string(FIND "${text}" "${from}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "mutant ${name}: expected '${from}' once in ${header}")
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  set(mutant ${PROJECT_BINARY_DIR}/mutants/${name})
  file(CONFIGURE OUTPUT ${mutant}/${header} CONTENT "${text}" @ONLY)
  cmake_path(GET folder FILENAME native)
  entries_header(entries ${native})
  set(unit ${mutant}/${name}_host.cpp)
  file(CONFIGURE OUTPUT ${unit} @ONLY CONTENT
"// Written by CMake (cmake/Mutants.cmake).
#include \"${entries}\"

namespace kernelgate {
NativeEntries ${name}_entries() { return ${table}_entries(); }
}  // namespace kernelgate
")
  # A header that an earlier configuration wrote elsewhere would hide the one in the sources.
  file(GLOB_RECURSE written ${mutant}/*)
  list(REMOVE_ITEM written ${unit} ${mutant}/${header})
  if(written)
    file(REMOVE ${written})
  endif()
  set(${variable} ${unit} PARENT_SCOPE)
endfunction()
