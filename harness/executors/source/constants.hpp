// Read-only parts of the program and its libraries: tables of constants, which a kernel may read
// although they are no memory of the device.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace kernelgate {

class Constants {
 public:
  /// Those of the program as it is now; a library may be loaded later.
  static Constants of_this_program();

  bool hold(std::uintptr_t address, std::uint64_t bytes) const;

 private:
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> parts_;  // begin, end
};

}  // namespace kernelgate
