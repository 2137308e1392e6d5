// The accesses of one wave that is counted, until the interval ends: the k-th execution of a place
// in every lane is one access of the wave. That is exact where lanes run the same loops, and a
// convention elsewhere.
// The compiler of the host takes vectors apart, and those of devices put neighbours together: reads
// of a lane that follow one another in memory and stand at different places are one, up to 16 bytes
// that are aligned as an access of that size must be. So are writes.
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

/// What the counted waves of a launch come to, a place at a time.
class CounterSheet {
 public:
  explicit CounterSheet(const DeviceProfile& device) : device_(device) {}

  /// `lanes` are of one access of a wave.
  void count(Place place, bool writes, bool shared, const std::vector<LaneAccess>& lanes);
  void count_wave() { ++waves_; }
  void leave_out(std::uint64_t accesses) { left_out_ += accesses; }

  /// The names of places are asked for only where something is wasted.
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
  /// Entries of a lane at a place that an interval keeps.
  static constexpr std::size_t most_executions = 4096;

  WaveLog(CounterSheet& sheet, std::uint32_t width) : sheet_(sheet), width_(width), last_(width) {}

  void add(std::uint32_t lane, Place place, bool writes, std::uint64_t offset, std::uint64_t bytes);
  /// All lanes have come to a barrier, or to their end.
  void end_interval();

 private:
  struct Lane {
    std::vector<LaneAccess> executions;
  };
  struct Last {  // access of a lane, which the next one may belong to
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
  std::unordered_map<std::uint64_t, std::size_t> at_;  // by place and whether it writes
  std::vector<std::array<Last, 2>> last_;              // by lane: of reads, of writes
  std::uint64_t left_out_ = 0;
};

}  // namespace kernelgate
