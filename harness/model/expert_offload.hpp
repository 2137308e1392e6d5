// An LRU cache of the experts of an ExpertFile: a fixed number of them is resident in memory. Its
// content depends only on the sequence of requests, so two runs behave identically.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "harness/model/expert_file.hpp"
#include "harness/model/page_memory.hpp"

namespace kernelgate::model {

/// Counts since the last reset. An expert chosen by several tokens of a pass is requested once.
struct OffloadCounts {
  std::int64_t hits = 0, misses = 0, evictions = 0;
  std::int64_t bytes = 0;  // copied from the file
  double seconds = 0;      // spent copying them

  double hit_rate() const {
    const std::int64_t asked = hits + misses;
    return asked == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(asked);
  }
};

class ExpertOffload {
 public:
  /// `resident` experts of all layers together, capped at the number of experts. Throws BadInput
  /// for less than 1.
  ExpertOffload(ExpertFile file, std::int64_t resident);

  /// The slot of an expert, [0, resident()), in gate_up() and down().
  struct Place {
    std::int32_t expert, slot;
  };
  /// Loads these experts of a layer (distinct, ascending) and calls `use` with their slots: once
  /// or, if they do not all fit, once per round of as many as fit. Resident experts come first, so
  /// none of them is evicted before its use. For an empty list `use` is called once with no slots.
  void visit(std::int64_t layer, const std::vector<std::int32_t>& experts,
             const std::function<void(const std::vector<Place>&)>& use);

  std::int64_t resident() const { return static_cast<std::int64_t>(slots_.size()); }
  /// Upper bound on memory: the size of all slots.
  std::int64_t resident_bytes() const { return resident() * file_.expert_bytes(); }
  /// Bytes of the slots that the system counts as resident now.
  std::int64_t committed_bytes() const { return gate_up_.committed() + down_.committed(); }
  std::int64_t file_bytes() const { return file_.bytes(); }
  std::int64_t all_experts() const { return file_.layers() * file_.experts(); }
  const std::byte* gate_up() const { return gate_up_.data(); }  // [resident,2I,H]
  const std::byte* down() const { return down_.data(); }        // [resident,H,I]

  /// (layer, expert) of the slots in use, the most recently used first.
  std::vector<std::pair<std::int64_t, std::int64_t>> by_recency() const;
  const OffloadCounts& counts() const { return counts_; }
  void reset_counts() { counts_ = {}; }

 private:
  struct Slot {
    std::int64_t layer = -1, expert = -1;
    std::uint64_t used = 0;  // logical time of the last use; 0: never
  };
  std::int32_t find(std::int64_t layer, std::int32_t expert) const;  // -1: not resident
  std::int32_t bring(std::int64_t layer, std::int32_t expert);

  ExpertFile file_;
  std::vector<Slot> slots_;
  PageMemory gate_up_, down_;
  std::uint64_t clock_ = 0;
  OffloadCounts counts_;
};

}  // namespace kernelgate::model
