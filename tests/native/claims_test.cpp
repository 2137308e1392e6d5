// Tests every native variant's determinism claim: the output bits on the kernel's smoke cases are
// the same under 20 schedules, at both wave widths.
#include <gtest/gtest.h>

#include "harness/suites/suite.hpp"
#include "tests/native/native_trial.hpp"

namespace kernelgate {
namespace {

const Registry& build() {
  static const Registry registry = [] {
    Registry r;
    register_kernels(r);
    return r;
  }();
  return registry;
}

std::vector<std::string> kernels_with_native_variants() {
  std::vector<std::string> names;
  for (const Kernel& kernel : build().kernels()) {
    for (const Variant& v : kernel.variants) {
      if (v.backend == Backend::source) {
        names.push_back(kernel.name);
        break;
      }
    }
  }
  return names;
}

class DeterminismClaims : public ::testing::TestWithParam<std::string> {};

TEST_P(DeterminismClaims, OfEqualBitsHoldUnderTwentySchedules) {
  int held = 0;
  for (const SuiteCase& c : load_suite(build(), data_root(), "smoke")) {
    if (c.kernel->name != GetParam()) continue;
    for (const Variant* variant : c.variants) {
      if (variant->backend != Backend::source || !variant->native->reproducible.bits) continue;
      for (const char* profile : {"nv-sm90", "amd-gfx942"}) {
        if (variant->native->unsupported_reason(*c.shape, device_profile(profile))) continue;
        const auto differs =
            differing_bits(*variant, *c.shape, DataMode::real, device_profile(profile), 20);
        EXPECT_EQ(differs, std::nullopt)
            << c.kernel->name << "/" << variant->name << "/" << c.shape->axes() << ": "
            << variant->native->reproducible.why;
        ++held;
      }
    }
  }
  EXPECT_GT(held, 0) << "no smoke case of this kernel runs on either device";
}

INSTANTIATE_TEST_SUITE_P(Of, DeterminismClaims, ::testing::ValuesIn(kernels_with_native_variants()),
                         [](const auto& p) { return p.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DeterminismClaims);

}  // namespace
}  // namespace kernelgate
