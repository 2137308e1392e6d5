#include "harness/run/virtual_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernelgate {
namespace {

/// A variant with one instance per wave width that does not support devices with less than 32 KiB
/// of LDS.
Variant two_instances() {
  Variant v;
  v.backend = Backend::source;
  v.native = NativeSide{{},
                        [](const Case&, const DeviceProfile& p) -> std::optional<std::string> {
                          if (p.lds_bytes >= 16384 * 2) return std::nullopt;
                          return "needs more LDS";
                        },
                        [](const Case&, const DeviceProfile& p) {
                          return "kernel<w" + std::to_string(p.wave) + ">";
                        }};
  return v;
}

class NoCase : public Case {
 public:
  std::string kernel() const override { return "k"; }
  std::string axes() const override { return ""; }
  Traffic traffic() const override { return {}; }
  std::vector<TensorSpec> tensors() const override { return {}; }
  void fill(TensorSet&, DataMode, std::uint64_t) const override {}
  ReferenceValues reference_values(const TensorSet&, DataMode, std::uint64_t) const override {
    return {};
  }
  std::optional<std::string> exact_not_applicable() const override { return std::nullopt; }
};

std::vector<std::string> describe(const VirtualRunOptions& options) {
  std::vector<std::string> words;
  for (const VirtualRun& run : options.runs(two_instances(), NoCase())) {
    words.push_back(run.profile->name + " " + std::to_string(run.schedule_seed));
  }
  return words;
}

TEST(VirtualRuns, TakeEachInstanceUnderEverySeedAndEachUnsupportedCaseOnce) {
  EXPECT_THAT(describe({}),
              ::testing::ElementsAre("nv-sm75 0", "nv-sm75 1", "nv-sm75 2", "amd-gfx90a 0",
                                     "amd-gfx90a 1", "amd-gfx90a 2", "tiny 0"));
}

TEST(VirtualRuns, SayWhyAProfileIsRefused) {
  for (const VirtualRun& run : VirtualRunOptions().runs(two_instances(), NoCase())) {
    EXPECT_EQ(run.unsupported_reason.value_or("none"),
              run.profile->name == "tiny" ? "needs more LDS" : "none");
  }
}

TEST(VirtualRuns, RepeatADeterminismClaimUnderMoreOrdersOnItsProfileAlone) {
  VirtualRunOptions options;
  options.schedules = 2;
  options.determinism_claim_schedules = 4;
  const std::vector<const DeviceProfile*> determinism_claims{&device_profile("amd-gfx90a")};
  const auto runs = [&] {
    std::vector<std::string> words;
    for (const VirtualRun& run : options.runs(two_instances(), NoCase(), determinism_claims)) {
      words.push_back(run.profile->name + " " + std::to_string(run.schedule_seed));
    }
    return words;
  };
  EXPECT_THAT(runs(),
              ::testing::ElementsAre("nv-sm75 0", "nv-sm75 1", "amd-gfx90a 0", "amd-gfx90a 1",
                                     "amd-gfx90a 2", "amd-gfx90a 3", "tiny 0"));
  options.determinism_claim_schedules = 0;
  EXPECT_THAT(runs(), ::testing::ElementsAre("nv-sm75 0", "nv-sm75 1", "amd-gfx90a 0",
                                             "amd-gfx90a 1", "tiny 0"));
}

TEST(VirtualRuns, TakeTheNamedDevicesAndSeeds) {
  VirtualRunOptions options;
  options.devices = {"amd-gfx1100", "tiny"};
  options.schedule_seeds = {17};
  EXPECT_THAT(describe(options), ::testing::ElementsAre("amd-gfx1100 17", "tiny 17"));
  options.devices = {"amd-gfx9"};
  EXPECT_THROW(describe(options), BadInput);
}

TEST(VirtualRuns, KeepTheirOptionsForTheLineThatRunsThemAgain) {
  VirtualRunOptions options;
  EXPECT_TRUE(options.words().empty());
  options.executor = {.build_mode = SourceBuildMode::plain,
                      .step_limit = {.steps = 1000, .silent_seconds = 0.5}};
  EXPECT_EQ(options.words(), (std::vector<std::string>{"--unchecked", "--step-limit", "1000",
                                                       "--silent-limit", "0.5"}));
}

TEST(VirtualRuns, LeaveLargeCasesToACaseOfTheirOwn) {
  class Sized final : public NoCase {
   public:
    explicit Sized(Traffic traffic) : traffic_(traffic) {}
    Traffic traffic() const override { return traffic_; }

   private:
    Traffic traffic_;
  };
  EXPECT_EQ(too_large_for_executors(Sized({.bytes = 50'000'000, .flops = 100'000'000})),
            std::nullopt);
  // 262272 outputs of 2048 terms in bf16: 1.07 GB and 1.07 GFLOP, so work is 3.2e9
  const auto reason =
      too_large_for_executors(Sized({.bytes = 1'074'266'112, .flops = 1'074'266'112}));
  ASSERT_TRUE(reason.has_value());
  EXPECT_THAT(*reason, ::testing::HasSubstr("about 322 s per run"));
}

TEST(VirtualRuns, OpenADeviceOfTheProfileAndItsBuildMode) {
  const DeviceProfile& wide = device_profile("wide");
  const auto checked = open_virtual_device(Backend::source, wide, 0);
  EXPECT_EQ(checked->profile().name, "wide");
  EXPECT_EQ(checked->build_mode(), SourceBuildMode::checked);
  const auto plain =
      open_virtual_device(Backend::source, wide, 0, {.build_mode = SourceBuildMode::plain});
  EXPECT_EQ(plain->build_mode(), SourceBuildMode::plain);
}

}  // namespace
}  // namespace kernelgate
