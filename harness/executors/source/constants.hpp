// Read-only segments of the program and its libraries. They contain constant tables, which a kernel
// may read although they are not device memory.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace kernelgate {

class Constants {
 public:
  /// The segments loaded now; a library may be loaded later.
  static Constants of_this_program();

  bool hold(std::uintptr_t address, std::uint64_t bytes) const;

 private:
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> parts_;  // begin, end
};

}  // namespace kernelgate
