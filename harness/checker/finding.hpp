// What the checks of an executor found, in words that name threads, places and memory.
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
  race,            // two accesses without an order between them
  scope,           // atomics of two blocks, one of them for its own block only
  init,            // read of memory that nothing has written
  bounds,          // outside of every buffer, or of the block's shared memory
  align,           // address not a multiple of the access's size
  private_memory,  // another thread's local variable
  sync,            // a barrier or wave operation that cannot complete
  ub,              // arithmetic or an index that C++ leaves undefined
  loop,            // a thread that goes on for longer than it may
};

std::string_view name(FindingKind kind);

/// Where in the code: a number that its executor can turn into words.
using Place = std::uint32_t;
inline constexpr Place no_place = 0;

struct ThreadId {
  std::uint32_t block = 0;   // number in the grid, the first axis fastest
  std::uint32_t thread = 0;  // of the block
  std::uint32_t wave = 0;    // of the block
  std::uint32_t lane = 0;    // of the wave
};

/// One side of a finding: who did what where.
struct Party {
  std::string act;  // "write", "atomic add for the block"
  ThreadId thread;
  Place place = no_place;
  std::string where;     // in place of `place`, where the words are known already
  bool several = false;  // threads of that block, of which no single one is known
};

/// One for each kind and pair of places, with a count.
struct Finding {
  FindingKind kind = FindingKind::race;
  std::string what;  // "read-write, shared memory, TopKShared + 1152 B"
  Party got;
  std::optional<Party> against;
  std::string relation;  // "same interval (3)"
  std::uint64_t count = 1;
};

/// The findings of one launch, gathered by kind and places.
class Findings {
 public:
  using Make = std::function<Finding()>;

  /// Counts one more of this kind at these places; asks for the words the first time only.
  void add(FindingKind kind, Place got, Place against, const Make& make);
  /// A finding that is not gathered: the words are the key.
  void add(Finding finding);

  bool empty() const { return list_.empty(); }
  const std::vector<Finding>& list() const { return list_; }
  void clear();

 private:
  std::vector<Finding> list_;
  std::map<std::tuple<FindingKind, Place, Place>, std::size_t> at_;
};

/// Words for a place, "topk_kernel.hpp:41".
using PlaceNames = std::function<std::string(Place)>;

/// The finding in the house's order, indented by two, without the lines above and below it:
///   race     read-write, shared memory, TopKShared + 1152 B
///   got      write by block 0 thread 316 (wave 4 lane 60), topk_kernel.hpp:41
///   against  read by block 0 thread 701 (wave 10 lane 61), topk_kernel.hpp:29, same interval (3)
std::string text(const Finding& finding, const PlaceNames& names);

}  // namespace kernelgate
