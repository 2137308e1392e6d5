// Tests on a real GPU that no suite covers: the dialect's operations have the same results as on
// the host, and a variant with a determinism claim gives the same bits in every run. Without a
// device, each test is skipped with the reason.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"
#include "harness/suites/suite.hpp"
#include "tests/device/self_test_rules.hpp"

namespace kernelgate {

NativeEntries KG_SELF_TEST();  // of the backend that the build chose

namespace {

constexpr Backend backend = Backend::KG_BACKEND;

const Registry& build() {
  static const Registry registry = [] {
    Registry r;
    register_kernels(r);
    return r;
  }();
  return registry;
}

class OnDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      device_ = KG_OPEN();
    } catch (const BadInput& reason) {
      GTEST_SKIP() << reason.what();
    }
  }

  void expect(void (*rule)(SelfTestRun&)) {
    SelfTestRun run(*device_, KG_SELF_TEST());
    rule(run);
  }
  std::unique_ptr<GpuDevice> device_;
};

TEST_F(OnDevice, TheDialectsWordsMeanWhatTheySay) { expect(expect_words); }

TEST_F(OnDevice, NumbersAreThoseOfTheHost) { expect(expect_numbers); }

TEST_F(OnDevice, TilesAreMultiplied) {
  const MatrixFamily family = device_->profile().matrix;
  if (family == MatrixFamily::none || family == MatrixFamily::mma_sync_k8) {
    GTEST_SKIP() << "no matrix instruction in bf16";
  }
  expect(expect_tiles);
}

// A hash of every tensor's bits after one run on fresh inputs.
std::vector<std::uint64_t> bits_of(const Variant& variant, const Case& shape,
                                   NativeDevice& device) {
  TensorSet tensors(shape.tensors());
  shape.fill(tensors, DataMode::real, 1);
  tensors.poison_outputs();
  const std::unique_ptr<Launch> launch = variant.prepare(shape, tensors, &device);
  launch->run();
  launch->fetch();
  std::vector<std::uint64_t> bits;
  for (const Tensor& tensor : tensors.all()) bits.push_back(tensor.fingerprint());
  return bits;
}

TEST_F(OnDevice, DeterminismClaimsOfEqualBitsHoldInTwentyRuns) {
  int held = 0;
  for (const SuiteCase& c : load_suite(build(), data_root(), "smoke")) {
    for (const Variant* variant : c.variants) {
      if (variant->backend != backend || !variant->native->reproducible.bits) continue;
      if (variant->native->unsupported_reason(*c.shape, device_->profile())) continue;
      const std::vector<std::uint64_t> first = bits_of(*variant, *c.shape, *device_);
      for (int run = 1; run < 20; ++run) {
        ASSERT_EQ(bits_of(*variant, *c.shape, *device_), first)
            << "run " << run << " of " << c.kernel->name << "/" << variant->name << "/"
            << c.shape->axes() << ": " << variant->native->reproducible.why;
      }
      ++held;
    }
  }
  EXPECT_GT(held, 0) << "no smoke case runs on " << device_->profile().name;
  fmt::print("{} variants x cases gave the same bits 20 times\n", held);
}

}  // namespace
}  // namespace kernelgate
