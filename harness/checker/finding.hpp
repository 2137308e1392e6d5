// Diagnostics of an executor's checks, as text with threads, source locations and memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace kernelgate {

enum class FindingKind {
  race,            // two unordered accesses
  scope,           // atomics of two blocks, one of them of block scope
  init,            // read of unwritten memory
  bounds,          // outside every buffer, or outside the block's shared memory
  align,           // address not a multiple of the access's size
  private_memory,  // access to another thread's local variable
  sync,            // a barrier or wave operation that cannot complete
  ub,              // arithmetic or an index that C++ leaves undefined
  loop,            // a thread that exceeded its step limit
};

std::string_view name(FindingKind kind);

/// Source location as a number that the executor translates to text.
using Place = std::uint32_t;
inline constexpr Place no_place = 0;

struct ThreadId {
  std::uint32_t block = 0;   // number in the grid, the first axis fastest
  std::uint32_t thread = 0;  // of the block
  std::uint32_t wave = 0;    // of the block
  std::uint32_t lane = 0;    // of the wave
};

/// One side of a diagnostic: thread, action and source location.
struct Party {
  std::string act;  // "write", "atomic add for the block"
  ThreadId thread;
  Place place = no_place;
  std::string where;     // replaces `place` if the text is already known
  bool several = false;  // several unidentified threads of that block
};

/// One diagnostic per kind and pair of source locations, with a count.
struct Finding {
  FindingKind kind = FindingKind::race;
  std::string what;  // "read-write, shared memory, TopKShared + 1152 B"
  Party got;
  std::optional<Party> against;
  std::string relation;  // "same interval (3)"
  std::uint64_t count = 1;
};

/// The diagnostics of one launch, grouped by kind and source locations.
class Findings {
 public:
  using Make = std::function<Finding()>;

  /// Counts one more diagnostic of this kind at these locations. Calls `make` the first time only.
  void add(FindingKind kind, Place got, Place against, const Make& make);
  /// Adds a diagnostic that is grouped by its text.
  void add(Finding finding);

  bool empty() const { return list_.empty(); }
  const std::vector<Finding>& list() const { return list_; }
  void clear();

 private:
  std::vector<Finding> list_;
  std::map<std::tuple<FindingKind, Place, Place>, std::size_t> at_;
};

/// Text of a source location, "topk_kernel.hpp:41".
using PlaceNames = std::function<std::string(Place)>;

/// The diagnostic in the message format, indented by two, without the lines above and below it:
///   race     read-write, shared memory, TopKShared + 1152 B
///   got      write by block 0 thread 316 (wave 4 lane 60), topk_kernel.hpp:41
///   against  read by block 0 thread 701 (wave 10 lane 61), topk_kernel.hpp:29, same interval (3)
std::string text(const Finding& finding, const PlaceNames& names);

}  // namespace kernelgate
