// Properties of the AMD target. Only this file reads the compiler's target macros.
#pragma once

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// gfx9 means CDNA here (gfx90a, gfx942, gfx950). 0 in the host pass, which compiles no body.
#if defined(__GFX9__)
inline constexpr int k_gfx = 9;
#elif defined(__GFX10__)
inline constexpr int k_gfx = 10;
#elif defined(__GFX11__)
inline constexpr int k_gfx = 11;
#elif defined(__GFX12__)
inline constexpr int k_gfx = 12;
#else
inline constexpr int k_gfx = 0;
#endif

/// Lanes of a wave. No macro reports -mwavefrontsize64, so a build with that flag must define
/// KG_HIP_WAVE=64 too; otherwise CDNA has 64 and RDNA 32. 0 in the host pass.
#if !defined(__HIP_DEVICE_COMPILE__)
inline constexpr int k_wave_width = 0;
#define K_ENTRY_32 K_ENTRY_COMPILED  // a stub for both: one program may contain several targets
#define K_ENTRY_64 K_ENTRY_COMPILED
#elif defined(KG_HIP_WAVE) ? KG_HIP_WAVE == 64 : defined(__GFX9__)
inline constexpr int k_wave_width = 64;
#define K_ENTRY_32 K_ENTRY_LISTED
#define K_ENTRY_64 K_ENTRY_COMPILED
#else
inline constexpr int k_wave_width = 32;
#define K_ENTRY_32 K_ENTRY_COMPILED
#define K_ENTRY_64 K_ENTRY_LISTED
#endif

/// RDNA 2 has no matrix instruction: its tile instances are listed but not compiled.
#if defined(__GFX10__)
#define K_MATRIX_ENTRY K_ENTRY_LISTED
#else
#define K_MATRIX_ENTRY K_ENTRY
#endif

constexpr bool k_compiles_wave(int wave) { return k_wave_width == 0 || wave == k_wave_width; }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
