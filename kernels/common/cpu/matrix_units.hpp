// Matrix units of the processor (AMX: Intel's Software Developer's Manual, volume 1, chapter 18):
// checks whether this build and this system support them, and configures a thread's tiles for the
// duration of a multiplication.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512F__) && defined(__linux__)
#define KERNELGATE_AMX 1
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Rows of a tile, and f32 numbers per tile row of 64 bytes.
inline constexpr std::int64_t unit_rows = 16;
/// Terms of a tile: bf16 numbers per tile row of 64 bytes.
inline constexpr std::int64_t unit_terms = 32;

/// The reason why matrix units cannot multiply bf16 here; nothing if they can. Linux grants the
/// tile registers to a process on request (arch_prctl, ARCH_REQ_XCOMP_PERM); this function makes
/// the request once.
inline const std::optional<std::string>& matrix_units_unsupported_reason() {
  static const std::optional<std::string> answer = []() -> std::optional<std::string> {
#ifdef KERNELGATE_AMX
    constexpr long request_permission = 0x1023, tile_data = 18;
    if (syscall(SYS_arch_prctl, request_permission, tile_data) == 0) return std::nullopt;
    return std::string("the system does not grant AMX tiles: ") + std::strerror(errno);
#else
    return "needs AMX with bf16, which the processor this build is for (-march) does not have";
#endif
  }();
  return answer;
}

#ifdef KERNELGATE_AMX
/// Configures eight tiles of 16 rows of 64 bytes for the calling thread, from construction to
/// destruction.
class UnitTiles {
 public:
  UnitTiles() {
    Configuration all;
    for (int t = 0; t < 8; ++t) {
      all.row_bytes[t] = 64;
      all.rows[t] = unit_rows;
    }
    _tile_loadconfig(&all);
  }
  ~UnitTiles() { _tile_release(); }
  UnitTiles(const UnitTiles&) = delete;
  UnitTiles& operator=(const UnitTiles&) = delete;

  /// Makes earlier stores visible to later tile loads: g++ 12 does not know that a tile load reads
  /// memory.
  static void settle() { __asm__ volatile("" ::: "memory"); }

 private:
  struct alignas(64) Configuration {  // the manual's table "Memory Area of Tile Configuration"
    std::uint8_t palette = 1;
    std::uint8_t start_row = 0;
    std::uint8_t reserved[14] = {};
    std::uint16_t row_bytes[16] = {};
    std::uint8_t rows[16] = {};
  };
};
#endif

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
