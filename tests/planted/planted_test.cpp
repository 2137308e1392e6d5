// Seeded bugs: each must be found by the check in its table row, under every seed and at each width
// at which it is a bug. Its clean twin must give no diagnostic. Prints the score.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/planted/bench_device.hpp"
#include "tests/planted/planted_cases.hpp"
#include "tests/planted/score.hpp"

namespace kernelgate {

NativeEntries planted_source_entries();

namespace {

constexpr std::uint64_t seeds = 10;

Score& score = Score::of("seeded bugs", "found");

struct Ran {
  std::vector<Finding> findings;
  std::vector<std::uint32_t> y;
};

Ran run(const Planted& planted, const PlantedRun& which, int wave, std::uint64_t seed) {
  SourceOptions options = which.options;
  options.seed = seed;
  SourceDevice device(device_profile(wave == 64 ? "wide" : "nv-sm80"), options);
  constexpr std::size_t n = 4096;
  std::vector<std::uint32_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0U);
  for (std::uint32_t& v : numbers) v = v * 7 % 4096;
  auto* x = upload(device, numbers, "x");
  auto* y = planted.output_is_garbage ? garbage<std::uint32_t>(device, n, "y")
                                      : upload(device, std::vector<std::uint32_t>(n, 0), "y");
  auto* z = upload(device, std::vector<std::uint32_t>(64, 0), "z");
  std::vector<std::uint32_t> on_host(64, 5);
  if (which.third == ThirdPointer::freed) device.release(reinterpret_cast<std::byte*>(z));
  if (which.third == ThirdPointer::host) z = on_host.data();
  const NativeEntry& entry =
      entry_named(planted_source_entries(), fmt::format("{},w{}>", which.kernel, wave));
  const std::uint32_t count = n;
  Ran ran;
  ran.findings = check_kernel(
      device, entry, {{planted.blocks, 1, 1}, planted.threads, entry.shared_bytes}, x, y, z, count);
  ran.y = download(device, y, n);
  return ran;
}

bool finds(const std::vector<Finding>& findings, FoundBy by) {
  for (const Finding& finding : findings) {
    if (static_cast<int>(finding.kind) == static_cast<int>(by)) return true;
  }
  return false;
}

class PlantedBug : public testing::TestWithParam<Planted> {};

TEST_P(PlantedBug, IsFoundAndItsCleanTwinIsSilent) {
  const Planted& planted = GetParam();
  for (const int wave : {32, 64}) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      const Ran clean = run(planted, planted.clean, wave, seed);
      score.run_clean(clean.findings.empty());
      EXPECT_TRUE(clean.findings.empty()) << "wave " << wave << " seed " << seed << "\n"
                                          << describe(clean.findings);

      const Ran mutant = run(planted, planted.mutant, wave, seed);
      if (wave == 32 && !planted.at_32) {
        EXPECT_TRUE(mutant.findings.empty()) << describe(mutant.findings);
        EXPECT_EQ(mutant.y, clean.y);
        continue;
      }
      const bool found = planted.found_by == FoundBy::result
                             ? mutant.y != clean.y
                             : finds(mutant.findings, planted.found_by);
      score.plant(found);
      EXPECT_TRUE(found) << "wave " << wave << " seed " << seed << "\n"
                         << describe(mutant.findings);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug, testing::ValuesIn(planted_cases()), [](const auto& of) {
  std::string name = of.param.name;
  for (char& c : name) c = std::isalnum(c) ? c : '_';
  return name;
});

}  // namespace
}  // namespace kernelgate
