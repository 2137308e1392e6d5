#include "harness/records/environment.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <sstream>

namespace kernelgate {
namespace {

std::string cpu_of(const std::string& text) {
  std::istringstream in(text);
  return cpu_name(in);
}

TEST(Environment, TakesTheFirstModelNameOfCpuinfo) {
  EXPECT_EQ(cpu_of("processor\t: 0\nvendor_id\t: X\nmodel\t\t: 17\nmodel name\t: Fast CPU @ 2 GHz\n"
                   "\nprocessor\t: 1\nmodel name\t: Other\n"),
            "Fast CPU @ 2 GHz");
}

TEST(Environment, NamesAnArmCoreByItsNumbers) {
  EXPECT_EQ(cpu_of("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"),
            "Arm, implementer 0x41, part 0xd0c");
}

TEST(Environment, SaysUnknownWhenCpuinfoNamesNoProcessor) {
  EXPECT_EQ(cpu_of(""), "unknown");
  EXPECT_EQ(cpu_of("model name\t:   \nno colon here\n"), "unknown");
}

TEST(Environment, KnowsTheBuildAndHoldsNoPathOfThisMachine) {
  const Environment here = detect_environment();
  EXPECT_GE(here.cores, 1);
  EXPECT_FALSE(here.cpu.empty());
  EXPECT_FALSE(here.os.empty());
  EXPECT_FALSE(here.compiler.empty());
  EXPECT_FALSE(here.commit.empty());
  EXPECT_FALSE(here.kokkos.empty());
  EXPECT_TRUE(here.host.empty()) << "a machine's name stands in records only when it was given";
  EXPECT_NE(here.flags.find("kernels: "), std::string::npos) << here.flags;
  for (const std::string_view sign : {" /", "=/", "-I/", "$<"}) {
    EXPECT_EQ(here.flags.find(sign), std::string::npos) << here.flags;
  }
}

Environment with_flags(const std::string& flags) {
  Environment environment;
  environment.flags = flags;
  return environment;
}

TEST(KernelTarget, IsReadFromTheFlagsOfKernelCodeAlone) {
  const KernelTarget wide =
      kernel_target(with_flags("-O2 -march=armv9-a; kernels: -O3 -march=x86-64-v3 -mprefer-vector-"
                               "width=512; vectors: AVX2"));
  EXPECT_EQ(wide.arch, "x86-64-v3");
  EXPECT_EQ(wide.vectors, "AVX2");
  const KernelTarget old = kernel_target(with_flags("-O2; kernels: -O3 -march=native"));
  EXPECT_EQ(old.arch, "native");
  EXPECT_EQ(old.vectors, "");
  EXPECT_EQ(kernel_target(with_flags("-march=native")).arch, "");
}

TEST(KernelTarget, IsInWordsUnlessItIsTheProcessorItself) {
  EXPECT_EQ(target_words(with_flags("-O2; kernels: -O3 -march=native; vectors: AVX2")), "");
  EXPECT_EQ(target_words(with_flags("-O2; kernels: -O3 -march=x86-64-v3; vectors: AVX2")),
            ", kernels for x86-64-v3");
  EXPECT_EQ(target_words(with_flags("-O2; kernels: -O3; vectors: SSE2")),
            ", kernels for the compiler's default");
  EXPECT_EQ(target_words(with_flags("")), "");
}

TEST(KernelTarget, OfThisBuildNamesTheVectors) {
  const Environment here = detect_environment();
  EXPECT_FALSE(kernel_target(here).vectors.empty()) << here.flags;
}

TEST(Environment, CountsTheThreadsThatAParallelLoopUses) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  EXPECT_EQ(detect_environment().threads, 3);
  omp_set_num_threads(before);
}

}  // namespace
}  // namespace kernelgate
