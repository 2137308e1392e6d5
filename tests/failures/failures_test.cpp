// Kernels with observed failures (spec section 12) on the source executor. Each mutant must fail
// under every seed, by the check that its row names. Its clean twin must give the expected output
// without a diagnostic. Prints the score.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cctype>

#include "harness/devices/unsupported_reason.hpp"
#include "tests/failures/failure_cases.hpp"
#include "tests/planted/bench_device.hpp"
#include "tests/planted/score.hpp"

namespace kernelgate {

NativeEntries failures_source_entries();

namespace {

constexpr std::uint64_t seeds = 10;

Score& score = Score::of("failures of spec 12", "refused");

struct Ran {
  std::vector<Finding> findings;
  std::vector<std::uint32_t> y;
};

Ran run(const FailureCase& c, const std::string& kernel, int wave, std::uint64_t seed) {
  SourceOptions options;
  options.seed = seed;
  SourceDevice device(device_profile(wave == 64 ? "wide" : "nv-sm80"), options);
  auto* x = upload(device, c.x, "x");
  auto* y = garbage<std::uint32_t>(device, c.expected.size(), "y");
  auto* z = upload(device, c.z, "z");
  const NativeEntry& entry = entry_of_width(failures_source_entries(), kernel, wave);
  Ran ran;
  ran.findings =
      check_kernel(device, entry, {{c.blocks, 1, 1}, c.threads, entry.shared_bytes}, x, y, z, c.n);
  ran.y = download(device, y, c.expected.size());
  return ran;
}

FindingKind kind_of(RefusedBy by) {
  switch (by) {
    case RefusedBy::race:
      return FindingKind::race;
    case RefusedBy::init:
      return FindingKind::init;
    case RefusedBy::bounds:
      return FindingKind::bounds;
    case RefusedBy::sync:
      return FindingKind::sync;
    default:
      return FindingKind::ub;
  }
}

bool refused(const FailureCase& c, const Ran& ran) {
  if (c.by == RefusedBy::result) return ran.y != c.expected;
  for (const Finding& finding : ran.findings) {
    if (finding.kind == kind_of(c.by)) return true;
  }
  return false;
}

class SeenFailure : public testing::TestWithParam<FailureCase> {};

TEST_P(SeenFailure, IsRefusedAndItsSoundTwinIsNot) {
  const FailureCase& c = GetParam();
  for (const int wave : c.waves) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      const Ran clean = run(c, c.clean, wave, seed);
      score.run_clean(clean.findings.empty() && clean.y == c.expected);
      EXPECT_TRUE(clean.findings.empty()) << "wave " << wave << " seed " << seed << "\n"
                                          << describe(clean.findings);
      EXPECT_EQ(clean.y, c.expected) << "wave " << wave << " seed " << seed;

      const Ran mutant = run(c, c.mutant, wave, seed);
      score.plant(refused(c, mutant));
      EXPECT_TRUE(refused(c, mutant))
          << c.id << " passed at wave " << wave << " seed " << seed << "\n"
          << describe(mutant.findings);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Spec12, SeenFailure, testing::ValuesIn(failure_cases()),
                         [](const auto& of) {
                           std::string name = of.param.id + "_" + of.param.name;
                           for (char& c : name) c = std::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

// A launch beyond the device's limits: it fails before the launch, with a message that has both
// numbers. On a device with enough, it runs.
struct TooMuch {
  const char *id, *kernel;
  int wave;
  std::uint32_t threads;
  const char *refusing, *asked, *given, *taking;
};

class BeyondTheDevice : public testing::TestWithParam<TooMuch> {};

TEST_P(BeyondTheDevice, IsRefusedBeforeTheLaunchWithBothNumbers) {
  const TooMuch& c = GetParam();
  const auto launch = [&](const char* profile, std::uint32_t threads) {
    SourceDevice device(device_profile(profile));
    auto* x = upload(device, std::vector<std::uint32_t>(64, 3), "x");
    auto* y = upload(device, std::vector<std::uint32_t>(64, 0), "y");
    const std::uint32_t n = 0;
    const NativeEntry& entry = entry_of_width(failures_source_entries(), c.kernel, c.wave);
    check_kernel(device, entry, {{1, 1, 1}, threads, entry.shared_bytes}, x, y, x, n);
    return download(device, y, 1).front();
  };
  std::string words = "ran";
  try {
    launch(c.refusing, c.threads);
  } catch (const NativeFault& fault) {
    words = fault.what();
  }
  const bool named =
      words.find(c.asked) != std::string::npos && words.find(c.given) != std::string::npos;
  score.plant(named);
  EXPECT_TRUE(named) << c.id << " on " << c.refusing << ": " << words;
  const std::uint32_t three = launch(c.taking, std::min(c.threads, 1024U));
  score.run_clean(three == 3);
  EXPECT_EQ(three, 3U);
}

INSTANTIATE_TEST_SUITE_P(
    Spec12, BeyondTheDevice,
    testing::Values(
        TooMuch{"K1", "needs_66032", 32, 256, "amd-gfx1100", "66032", "65536", "nv-sm90"},
        TooMuch{"K3", "needs_66032", 32, 2048, "nv-sm90", "2048", "1024", "nv-sm90"},
        TooMuch{"K9", "needs_101380", 32, 256, "nv-sm86", "101380", "101376", "nv-sm80"},
        TooMuch{"K10", "needs_163840", 64, 256, "amd-gfx942", "163840", "65536", "amd-gfx950"},
        TooMuch{"W4", "needs_66032", 64, 256, "nv-sm90", "64", "32", "amd-gfx950"},
        TooMuch{"W5", "needs_66032", 32, 256, "amd-gfx942", "32", "64", "nv-sm90"}),
    [](const auto& of) { return std::string(of.param.id) + "_" + of.param.kernel; });

TEST(MatrixOfAnotherFamily, IsRefusedInWords) {  // W7
  Needs needs;
  needs.wave = 64;
  needs.matrix = MatrixFamily::mfma;
  const std::string reason =
      unsupported_reason(needs, device_profile("amd-gfx1100")).value_or("none");
  const bool named = reason.find(name(MatrixFamily::mfma)) != std::string::npos;
  score.plant(named);
  EXPECT_TRUE(named) << reason;
  const bool runs = !unsupported_reason(needs, device_profile("amd-gfx942")).has_value();
  score.run_clean(runs);
  EXPECT_TRUE(runs);
}

}  // namespace
}  // namespace kernelgate
