// Shared memory limits in bytes per block. Each constant is the minimum of its device family in
// harness/devices/profiles.csv (a test compares them).
#pragma once

#include <cstdint>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Every AMD profile except gfx950. It holds for gfx942 (CDNA3) too, contrary to some sources.
inline constexpr std::int64_t k_lds_amd = 65536;
inline constexpr std::int64_t k_lds_gfx950 = 163840;
/// sm_86, sm_89, sm_120.
inline constexpr std::int64_t k_lds_sm86 = 101376;
inline constexpr std::int64_t k_lds_sm80 = 166912;
/// sm_90, sm_100.
inline constexpr std::int64_t k_lds_sm90 = 232448;
/// Every profile of a real device.
inline constexpr std::int64_t k_lds_everywhere = 65536;

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

/// Asserts beside a kernel that its shared memory fits a limit. A larger Shared does not compile,
/// and compilers print both numbers.
#define K_FITS(Shared, limit)                                                     \
  static_assert(static_cast<std::int64_t>(sizeof(Shared)) <= ::kernelgate::limit, \
                #Shared " needs more shared memory than " #limit)
