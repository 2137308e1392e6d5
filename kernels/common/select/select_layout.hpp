// Shared memory of a block's selection (block_select.hpp), for kernels and their host side.
#pragma once

#include <cstdint>

namespace kernelgate {

struct SelectLayout {
  static constexpr std::int64_t bins = 2048;        // counters of a digit, 4 bytes each
  static constexpr std::int64_t state_bytes = 288;  // state of a selection beside them
};

}  // namespace kernelgate
