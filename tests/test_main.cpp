// Main function of every test program; Kokkos is initialised around all tests.
#include <gtest/gtest.h>

#include <Kokkos_Core.hpp>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {  // listing at build time needs no threads
    if (std::string(argv[i]) == "--gtest_list_tests") return RUN_ALL_TESTS();
  }
  const Kokkos::ScopeGuard kokkos(argc, argv);
  return RUN_ALL_TESTS();
}
