// From a launch to a status, at both wave widths: a diagnostic of a virtual device makes a variant
// incorrect, with the diagnostic as the message; a correct kernel passes; determinism claims are
// tested.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/native/native_trial.hpp"
#include "tests/native/twice_case.hpp"

namespace kernelgate {

namespace {

using ::testing::HasSubstr;

class Verdicts : public ::testing::TestWithParam<const char*> {
 protected:
  Verdicts() {
    registry.add_kernel<TwiceCase>("y = 2 x");
    registry.add_entries("twice", Backend::source, mutants_source_entries());
    registry.add_entries("twice", Backend::source, mutants_plain_entries(), SourceBuildMode::plain);
  }

  const Variant& variant(const std::string& mutant) {
    if (registry.find("twice").find_variant(mutant) == nullptr) {
      registry.add_native(plan_of(mutant));
    }
    return *registry.find("twice").find_variant(mutant);
  }
  CheckResult check(const std::string& mutant, std::uint64_t schedule = 1,
                    const ExecutorOptions& options = {}) {
    const Variant& v = variant(mutant);
    const auto device =
        open_virtual_device(Backend::source, device_profile(GetParam()), schedule, options);
    const TypedCase<TwiceCase> shape(TwiceCase{});
    return PreparedCase(shape, DataMode::real, 1).check(v, device.get());
  }

  Registry registry;
};
INSTANTIATE_TEST_SUITE_P(Width, Verdicts, ::testing::Values("nv-sm90", "amd-gfx942"),
                         [](const auto& p) {
                           return std::string(p.param).starts_with("nv") ? "w32" : "w64";
                         });

TEST_P(Verdicts, PassASoundKernelCheckedAndPlain) {
  const CheckResult checked = check("none");
  EXPECT_EQ(checked.status, Status::passed) << checked.message;
  EXPECT_EQ(checked.checked, 601);
  const CheckResult sum_in_any_order = check("float_atomics", 3);
  EXPECT_EQ(sum_in_any_order.status, Status::passed) << sum_in_any_order.message;
}

TEST_P(Verdicts, PassASoundKernelUnobserved) {
  const CheckResult plain = check("none", 1, {.build_mode = SourceBuildMode::plain});
  EXPECT_EQ(plain.status, Status::passed) << plain.message;
}

TEST_P(Verdicts, RefuseWrongResultsOfASoundSchedule) {
  const CheckResult result = check("wrong_row");
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_THAT(result.message, HasSubstr("worst    y["));
}

TEST_P(Verdicts, SayWhatWasNeverWritten) {
  const CheckResult result = check("nothing_written");
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_THAT(result.message, HasSubstr("never written"));
}

TEST_P(Verdicts, TakeTheWordsOfTheFinding) {
  const std::pair<const char*, const char*> expected[] = {
      {"missing_barrier", "race "}, {"past_the_end", "bounds "}, {"stale_output", "init "}};
  for (const auto& [mutant, word] : expected) {
    const CheckResult result = check(mutant);
    EXPECT_EQ(result.status, Status::incorrect) << mutant;
    EXPECT_THAT(result.message, HasSubstr(std::string("  ") + word)) << mutant;
    EXPECT_THAT(result.message, HasSubstr("mutants_kernel.hpp:")) << mutant;
  }
}

TEST_P(Verdicts, EndAKernelThatDoesNotEnd) {
  for (const std::uint64_t schedule : {0U, 1U, 2U}) {
    const CheckResult result = check("endless", schedule, {.step_limit = {.steps = 5000}});
    EXPECT_EQ(result.status, Status::incorrect) << schedule;
    EXPECT_THAT(result.message, HasSubstr("  loop     ")) << schedule;
    EXPECT_THAT(result.message, HasSubstr("mutants_kernel.hpp:")) << schedule;
  }
}

TEST_P(Verdicts, RefuseAKernelThatWritesToAnInput) {
  const CheckResult result = check("input_written");
  EXPECT_EQ(result.status, Status::incorrect);
  EXPECT_THAT(result.message, HasSubstr("wrote to an input"));
}

TEST_P(Verdicts, SayThatNoDeviceIsOpen) {
  const TypedCase<TwiceCase> shape(TwiceCase{});
  const CheckResult result = PreparedCase(shape, DataMode::real, 1).check(variant("none"));
  EXPECT_EQ(result.status, Status::unsupported);
  EXPECT_THAT(result.message, HasSubstr("--backend source --device PROFILE"));
}

TEST_P(Verdicts, HoldTheClaimOfEqualBits) {
  const TypedCase<TwiceCase> shape(TwiceCase{.count = 100000});
  const DeviceProfile& profile = device_profile(GetParam());
  EXPECT_EQ(differing_bits(variant("none"), shape, DataMode::real, profile, 6), std::nullopt);
  const auto differs = differing_bits(variant("float_atomics"), shape, DataMode::real, profile, 20);
  ASSERT_TRUE(differs.has_value());
  EXPECT_THAT(*differs, HasSubstr("total under schedule "));
}

TEST_P(Verdicts, RefuseBeforeTheLaunchWhatAProfileLacks) {
  const Variant& v = variant("none");
  const TypedCase<TwiceCase> shape(TwiceCase{});
  DeviceProfile small = device_profile(GetParam());
  small.max_threads = 128;
  const auto reason = v.native->unsupported_reason(shape, small);
  ASSERT_TRUE(reason.has_value());
  EXPECT_THAT(*reason, HasSubstr("needs 256 threads"));
  const TypedCase<TwiceCase> huge(TwiceCase{.count = std::int64_t{1} << 36});
  const auto grid = v.native->unsupported_reason(huge, device_profile("amd-gfx942"));
  ASSERT_TRUE(grid.has_value());
  EXPECT_THAT(*grid, HasSubstr("4294967295 threads along x"));
}

}  // namespace
}  // namespace kernelgate
