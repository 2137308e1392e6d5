// Log of the accesses of one counted wave, until the interval ends. The k-th execution of a source
// location in every lane counts as one access of the wave. That is exact where lanes run the same
// loops, and a convention elsewhere.
// The host compiler splits vector accesses, and device compilers join adjacent ones. Therefore
// consecutive reads of a lane that are adjacent in memory and come from different source locations
// are joined into one access of up to 16 bytes, if it is aligned to its size. Writes are joined in
// the same way.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "harness/checker/finding.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/launch_counters.hpp"

namespace kernelgate {

/// The sums over the counted waves of a launch, per source location.
class CounterSheet {
 public:
  explicit CounterSheet(const DeviceProfile& device) : device_(device) {}

  /// `lanes` are the lane accesses of one access of a wave.
  void count(Place place, bool writes, bool shared, const std::vector<LaneAccess>& lanes);
  void count_wave() { ++waves_; }
  void leave_out(std::uint64_t accesses) { left_out_ += accesses; }

  /// Location names are looked up only where accesses waste something.
  LaunchCounters sum() const;

 private:
  struct Key {
    Place place;
    bool writes, shared;
    auto operator<=>(const Key&) const = default;
  };
  struct Sum {
    std::uint64_t accesses = 0;
    Cost cost;
  };

  const DeviceProfile& device_;
  std::map<Key, Sum> places_;
  std::uint64_t waves_ = 0, left_out_ = 0;
};

class WaveLog {
 public:
  /// The maximum number of accesses per lane and location kept in an interval.
  static constexpr std::size_t max_executions = 4096;

  WaveLog(CounterSheet& sheet, std::uint32_t width) : sheet_(sheet), width_(width), last_(width) {}

  void add(std::uint32_t lane, Place place, bool writes, std::uint64_t offset, std::uint64_t bytes);
  /// Called when all lanes have reached a barrier or their end.
  void end_interval();

 private:
  struct Lane {
    std::vector<LaneAccess> executions;
  };
  struct Last {  // access of a lane, which the next one may extend
    Place place = no_place;
    LaneAccess* access = nullptr;
  };
  struct Log {
    Place place;
    bool writes;
    std::vector<Lane> lanes;
  };

  CounterSheet& sheet_;
  std::uint32_t width_;
  std::vector<Log> logs_;
  std::unordered_map<std::uint64_t, std::size_t> at_;  // by place and direction
  std::vector<std::array<Last, 2>> last_;              // by lane: reads, writes
  std::uint64_t left_out_ = 0;
};

}  // namespace kernelgate
