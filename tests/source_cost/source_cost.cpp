// Measures the cost of a launch on the source executor, plain, observed and with all checks, and
// the time per access.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <utility>

#include "harness/core/random.hpp"
#include "tests/planted/bench_device.hpp"

namespace kernelgate {

NativeEntries row_select_source_entries();
NativeEntries row_select_plain_entries();

namespace {

constexpr std::uint32_t row = 262272;
constexpr std::uint32_t k = 64;

std::vector<float> numbers() {
  std::vector<float> x(row);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(static_cast<std::int32_t>(word_at(7, i) >> 33)) * 0x1p-20F - 1000.0F;
  }
  return x;
}

void select_row(benchmark::State& state, NativeEntries entries, const SourceOptions& options,
                int wave) {
  SourceDevice device(device_profile(wave == 64 ? "wide" : "nv-sm80"), options);
  const NativeEntry& entry = entry_of_width(entries, "row_select", wave);
  const float* x = upload(device, numbers(), "x");
  auto* out = garbage<std::uint32_t>(device, k, "out");
  const LaunchShape shape{{1, 1, 1}, 1024, entry.shared_bytes};
  for (auto _ : state) {
    const auto found = check_kernel(device, entry, shape, x, row, k, out);
    if (!found.empty()) state.SkipWithError(describe(found).c_str());
  }
  // The result is checked too: the time of a wrong result does not count.
  std::vector<float> sorted = numbers();
  std::nth_element(sorted.begin(), sorted.begin() + k - 1, sorted.end(), std::greater<>());
  const std::vector<float> values = numbers();
  for (const std::uint32_t i : download(device, out, k)) {
    if (i >= row || values[i] < sorted[k - 1]) state.SkipWithError("wrong row");
  }
  const double accesses = static_cast<double>(device.accesses());
  if (accesses > 0) {
    state.counters["accesses"] = accesses;
    state.counters["time/access"] = benchmark::Counter(
        accesses, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  }
}

SourceOptions with(Checking checking, std::uint32_t yield_every = 0) {
  SourceOptions options;
  options.seed = 1;
  options.checking = checking;
  options.yield_every = yield_every;
  return options;
}

void plain(benchmark::State& state) {
  select_row(state, row_select_plain_entries(), with(Checking::off), 32);
}
void observed_unchecked(benchmark::State& state) {
  select_row(state, row_select_source_entries(), with(Checking::off), 32);
}
void all_checks(benchmark::State& state) {
  select_row(state, row_select_source_entries(), with(Checking::all), 32);
}
void all_checks_wave_64(benchmark::State& state) {
  select_row(state, row_select_source_entries(), with(Checking::all), 64);
}
void all_checks_yield_50(benchmark::State& state) {
  select_row(state, row_select_source_entries(), with(Checking::all, 50), 32);
}

// Two of 32 waves are counted.
void all_checks_counters(benchmark::State& state) {
  SourceOptions options = with(Checking::all);
  options.counted = {1, 2};
  select_row(state, row_select_source_entries(), options, 32);
}

}  // namespace
}  // namespace kernelgate

int main(int argc, char** argv) {
  const std::pair<const char*, void (*)(benchmark::State&)> all[] = {
      {"plain", kernelgate::plain},
      {"observed_unchecked", kernelgate::observed_unchecked},
      {"all_checks", kernelgate::all_checks},
      {"all_checks_wave_64", kernelgate::all_checks_wave_64},
      {"all_checks_yield_50", kernelgate::all_checks_yield_50},
      {"all_checks_counters", kernelgate::all_checks_counters},
  };
  for (const auto& [name, run] : all) {
    benchmark::RegisterBenchmark(name, run)->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
