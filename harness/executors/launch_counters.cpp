#include "harness/executors/launch_counters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/pieces.hpp"

namespace kernelgate {

namespace {

constexpr std::size_t max_locations = 3;

std::uint64_t waste(const CostlyPlace& place) { return place.cost.made - place.cost.least; }

void add(std::vector<CostlyPlace>& places, const CostlyPlace& more) {
  for (CostlyPlace& place : places) {
    if (place.where != more.where || place.writes != more.writes || place.shared != more.shared) {
      continue;
    }
    place.accesses += more.accesses;
    place.cost += more.cost;
    return;
  }
  places.push_back(more);
}

std::string ratio(const Cost& cost) {
  if (cost.least == 0) return "-";
  return fmt::format("{:.2f}", static_cast<double>(cost.made) / static_cast<double>(cost.least));
}

}  // namespace

bool CountedWaves::chosen(std::uint64_t index, std::uint64_t all, std::uint64_t some) {
  if (some == 0) return false;
  if (some >= all) return true;
  // The smallest i with floor(i all / some) >= index.
  const std::uint64_t i = pieces(index * some, all);
  return i < some && i * all / some == index;
}

void add(std::vector<LaunchCounters>& all, const LaunchCounters& launch) {
  const auto known = std::find_if(
      all.begin(), all.end(), [&](const LaunchCounters& c) { return c.kernel == launch.kernel; });
  if (known == all.end()) {
    all.push_back(launch);
    return;
  }
  known->launches += launch.launches;
  known->waves += launch.waves;
  known->all_waves += launch.all_waves;
  known->shared_accesses += launch.shared_accesses;
  known->global_accesses += launch.global_accesses;
  known->left_out += launch.left_out;
  known->cycles += launch.cycles;
  known->sectors += launch.sectors;
  for (const CostlyPlace& place : launch.places) add(known->places, place);
  std::sort(known->places.begin(), known->places.end(),
            [](const CostlyPlace& a, const CostlyPlace& b) { return waste(a) > waste(b); });
}

std::string counters_header() {
  return fmt::format("  {:<40} {:>8} {:>12} {:>11} {:>6} {:>11} {:>11} {:>6}\n", "kernel", "waves",
                     "LDS cycles", "least", "ratio", "sectors", "least", "ratio");
}

std::string lines(const LaunchCounters& c) {
  std::string text =
      fmt::format("  {:<40} {:>8} {:>12} {:>11} {:>6} {:>11} {:>11} {:>6}\n", c.kernel,
                  fmt::format("{}/{}", c.waves, c.all_waves), c.cycles.made, c.cycles.least,
                  ratio(c.cycles), c.sectors.made, c.sectors.least, ratio(c.sectors));
  for (std::size_t i = 0; i < c.places.size() && i < max_locations; ++i) {
    const CostlyPlace& place = c.places[i];
    text += fmt::format("    {} of {} at {}: {} {} in {} accesses of a wave, {} would do\n",
                        place.writes ? "write" : "read",
                        place.shared ? "shared memory" : "a buffer", place.where, place.cost.made,
                        place.shared ? "cycles" : "sectors", place.accesses, place.cost.least);
  }
  if (c.left_out > 0) {
    text += fmt::format(
        "    {} accesses of lanes are not counted: a wave's log was full, or they "
        "were of more than 16 B\n",
        c.left_out);
  }
  return text;
}

}  // namespace kernelgate
