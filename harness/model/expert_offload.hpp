// Experts that lie in a file, of which so many as fit are in memory: the least recently used one
// makes room for the next. What was asked for when decides alone, so two runs do the same.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "harness/model/expert_file.hpp"
#include "harness/model/page_memory.hpp"

namespace kernelgate::model {

/// Since the last reset. An expert that several tokens of a pass chose is asked for once.
struct OffloadCounts {
  std::int64_t hits = 0, misses = 0, evictions = 0;
  std::int64_t bytes = 0;  // copied from the file
  double seconds = 0;      // spent in copying them

  double hit_rate() const {
    const std::int64_t asked = hits + misses;
    return asked == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(asked);
  }
};

class ExpertOffload {
 public:
  /// `resident` experts of all layers together; more than there are counts as all. Throws BadInput
  /// for fewer than 1.
  ExpertOffload(ExpertFile file, std::int64_t resident);

  /// Where an expert lies now: slots [0, resident()) of gate_up() and down().
  struct Place {
    std::int32_t expert, slot;
  };
  /// Brings these experts of a layer, distinct and ascending, into memory and calls `use` with
  /// their places: once, or, where they are more than fit, once for each round of as many as fit.
  /// Those in memory already come first, so that none of them is evicted before its use. Without
  /// experts `use` is called once with none.
  void visit(std::int64_t layer, const std::vector<std::int32_t>& experts,
             const std::function<void(const std::vector<Place>&)>& use);

  std::int64_t resident() const { return static_cast<std::int64_t>(slots_.size()); }
  /// The bound on memory: what the slots hold.
  std::int64_t resident_bytes() const { return resident() * file_.expert_bytes(); }
  /// Of the slots, what the system counts in memory now.
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
    std::uint64_t used = 0;  // when, by a clock of uses; 0: never
  };
  std::int32_t find(std::int64_t layer, std::int32_t expert) const;  // -1: in no slot
  std::int32_t bring(std::int64_t layer, std::int32_t expert);

  ExpertFile file_;
  std::vector<Slot> slots_;
  PageMemory gate_up_, down_;
  std::uint64_t clock_ = 0;
  OffloadCounts counts_;
};

}  // namespace kernelgate::model
