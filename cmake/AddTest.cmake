# add_test_program(<name> <src>… LIBRARIES <lib>… [PREFIX <text>] [LIBRARY_MAIN])
#
# Adds a GoogleTest program whose tests have the label `ci`. Its main starts Kokkos. With LIBRARY_MAIN it is
# GoogleTest's own, for tests whose children must start without threads. The headers of GoogleTest and of the
# registry are precompiled, because reading them took a third of every test's compile time. Tests contain no
# kernel code, so they are compiled at -O1, and at -O0 in the preset asan, where a test takes 13 s to compile
# at -O1 and 6 s at -O0.

function(add_test_program name)
  cmake_parse_arguments(T "LIBRARY_MAIN" "PREFIX" "LIBRARIES" ${ARGN})
  add_executable(${name} ${T_UNPARSED_ARGUMENTS})
  set(main kernelgate_test_main)
  if(T_LIBRARY_MAIN)
    set(main GTest::gtest_main)
  endif()
  target_link_libraries(${name} PRIVATE ${T_LIBRARIES} ${main} kernelgate_test_flags)
  target_precompile_headers(${name} REUSE_FROM kernelgate_test_headers)
  gtest_discover_tests(${name} TEST_PREFIX "${T_PREFIX}" NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ci TIMEOUT 600 ENVIRONMENT "OMP_PROC_BIND=false")
endfunction()

# add_test_programs(<src>… …): adds a program test_<noun> for each <noun>_test.cpp.
function(add_test_programs)
  cmake_parse_arguments(T "LIBRARY_MAIN" "PREFIX" "LIBRARIES" ${ARGN})
  foreach(source IN LISTS T_UNPARSED_ARGUMENTS)
    cmake_path(GET source STEM stem)
    string(REGEX REPLACE "_test$" "" noun ${stem})
    set(main "")
    if(T_LIBRARY_MAIN)
      set(main LIBRARY_MAIN)
    endif()
    add_test_program(test_${noun} ${source} ${main} PREFIX "${T_PREFIX}" LIBRARIES ${T_LIBRARIES})
  endforeach()
endfunction()

# Flags of all test programs. Shared precompiled headers require the same flags everywhere.
if(KERNELGATE_TESTS)
  add_library(kernelgate_test_flags INTERFACE)
  target_compile_options(kernelgate_test_flags INTERFACE
    $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
  target_link_libraries(kernelgate_test_flags INTERFACE
    kernelgate_exact kernelgate_warnings GTest::gtest GTest::gmock fmt::fmt OpenMP::OpenMP_CXX)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/test_headers.cpp CONTENT "int main() {}\n")
  add_executable(kernelgate_test_headers EXCLUDE_FROM_ALL
    ${PROJECT_BINARY_DIR}/generated/test_headers.cpp)
  target_include_directories(kernelgate_test_headers PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(kernelgate_test_headers PRIVATE kernelgate_test_flags)
  target_precompile_headers(kernelgate_test_headers PRIVATE
    <gmock/gmock.h> <gtest/gtest.h> <fmt/format.h> <nlohmann/json.hpp>
    <filesystem> <fstream> <functional> <map> <sstream>
    ${PROJECT_SOURCE_DIR}/harness/core/registry.hpp)
endif()
