# Tests the Kokkos that this build links: a program starts and computes. If the build uses the shim, also
# tests the shim's functions and the program that adapts the library.

set(shim_folder "${PROJECT_SOURCE_DIR}/cmake/kokkos_shim")

add_executable(test_kokkos_setup "${shim_folder}/kokkos_setup_test.cpp")
target_link_libraries(test_kokkos_setup PRIVATE Kokkos::kokkos GTest::gtest kernelgate_warnings)
add_test(NAME kokkos_setup.threads_by_openmp COMMAND test_kokkos_setup)
add_test(NAME kokkos_setup.threads_by_environment COMMAND test_kokkos_setup)
add_test(NAME kokkos_setup.threads_by_argument COMMAND test_kokkos_setup --kokkos-num-threads=2)
set_tests_properties(kokkos_setup.threads_by_openmp PROPERTIES
  LABELS ci ENVIRONMENT "OMP_PROC_BIND=false;OMP_NUM_THREADS=2;EXPECTED_THREADS=2")
set_tests_properties(kokkos_setup.threads_by_environment PROPERTIES
  LABELS ci ENVIRONMENT "OMP_PROC_BIND=false;KOKKOS_NUM_THREADS=3;EXPECTED_THREADS=3")
set_tests_properties(kokkos_setup.threads_by_argument PROPERTIES
  LABELS ci ENVIRONMENT "OMP_PROC_BIND=false;OMP_NUM_THREADS=1;EXPECTED_THREADS=2")

if(TARGET kernelgate_kokkos_shim)
  add_executable(test_kokkos_shim "${shim_folder}/shim_test.cpp")
  target_link_libraries(test_kokkos_shim PRIVATE
    kernelgate_kokkos_shim GTest::gtest_main kernelgate_warnings)
  gtest_discover_tests(test_kokkos_shim NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ci TIMEOUT 60)

  add_test(NAME kokkos_shim.fit_to_host COMMAND ${CMAKE_COMMAND}
    -D "TOOL=${PROJECT_BINARY_DIR}/kokkos/fit_to_host" -D "LIBRARY=${KERNELGATE_KOKKOS_ORIGINAL}"
    -D "SYMBOLS=${kernelgate_shim_symbols}" -D "FOLDER=${PROJECT_BINARY_DIR}/kokkos/fit_test"
    -P "${shim_folder}/fit_to_host_test.cmake")
  set_tests_properties(kokkos_shim.fit_to_host PROPERTIES LABELS ci TIMEOUT 120)
endif()
