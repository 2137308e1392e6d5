#include "harness/executors/source/wave_log.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "harness/checker/memory.hpp"
#include "harness/executors/source/places.hpp"

namespace kernelgate {

namespace {

constexpr std::uint64_t widest = 16;  // maximum bytes of one lane access, on every device

bool joins(const LaneAccess& last, std::uint64_t offset, std::uint64_t bytes) {
  const std::uint64_t together = last.bytes + bytes;
  return offset == last.address + last.bytes && together <= widest &&
         last.address % std::bit_ceil(together) == 0;
}

}  // namespace

void WaveLog::add(std::uint32_t lane, Place place, bool writes, std::uint64_t offset,
                  std::uint64_t bytes) {
  Last& last = last_[lane][writes ? 1 : 0];
  if (last.access != nullptr && last.place != place && joins(*last.access, offset, bytes)) {
    last.access->bytes += static_cast<std::uint32_t>(bytes);
    last.place = place;
    return;
  }
  const auto [at, fresh] =
      at_.try_emplace(std::uint64_t{place} << 1 | (writes ? 1U : 0U), logs_.size());
  if (fresh) logs_.push_back({place, writes, std::vector<Lane>(width_)});
  std::vector<LaneAccess>& executions = logs_[at->second].lanes[lane].executions;
  if (bytes > widest || executions.size() >= max_executions) {
    ++left_out_;
    last = Last{};
    return;
  }
  executions.push_back({offset, static_cast<std::uint32_t>(bytes)});
  last = Last{place, &executions.back()};
}

void WaveLog::end_interval() {
  std::vector<LaneAccess> shared(width_), global(width_);
  for (Log& log : logs_) {
    std::size_t most = 0;
    for (const Lane& lane : log.lanes) most = std::max(most, lane.executions.size());
    for (std::size_t k = 0; k < most; ++k) {
      bool any_shared = false, any_global = false;
      for (std::uint32_t l = 0; l < width_; ++l) {
        shared[l] = global[l] = LaneAccess{};
        const std::vector<LaneAccess>& executions = log.lanes[l].executions;
        if (k >= executions.size()) continue;
        const bool in_shared = executions[k].address < DeviceMemory::lds_zone;
        (in_shared ? shared : global)[l] = executions[k];
        (in_shared ? any_shared : any_global) = true;
      }
      if (any_shared) sheet_.count(log.place, log.writes, true, shared);
      if (any_global) sheet_.count(log.place, log.writes, false, global);
    }
    for (Lane& lane : log.lanes) lane.executions.clear();
  }
  std::fill(last_.begin(), last_.end(), std::array<Last, 2>{});
  sheet_.leave_out(std::exchange(left_out_, 0));
}

void CounterSheet::count(Place place, bool writes, bool shared,
                         const std::vector<LaneAccess>& lanes) {
  Sum& sum = places_[{place, writes, shared}];
  ++sum.accesses;
  sum.cost += shared ? bank_cycles(lanes, device_) : sectors(lanes, device_);
}

LaunchCounters CounterSheet::sum() const {
  LaunchCounters counters;
  counters.waves = waves_;
  counters.left_out = left_out_;
  std::vector<LaunchCounters> all;
  for (const auto& [key, sum] : places_) {
    (key.shared ? counters.shared_accesses : counters.global_accesses) += sum.accesses;
    (key.shared ? counters.cycles : counters.sectors) += sum.cost;
    if (sum.cost.made == sum.cost.least) continue;
    // The optimiser duplicates code: several locations may share a source line and are merged.
    LaunchCounters one;
    one.places = {{name_of_place(key.place), key.writes, key.shared, sum.accesses, sum.cost}};
    kernelgate::add(all, one);
  }
  if (!all.empty()) counters.places = std::move(all.front().places);
  return counters;
}

}  // namespace kernelgate
