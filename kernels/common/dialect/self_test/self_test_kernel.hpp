// Kernels that use every name of the dialect once, for the device-compile jobs and the executors. A
// test can predict their results. docs/dialect.md defines each name.
#pragma once

#include <dialect.hpp>
#include <matrix.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct WordsShared {
  alignas(16) float value[256];
  u32 count;
  u64 wide;
  float sum;
};

K_FITS(WordsShared, k_lds_everywhere);

/// out[t] of a block of 256 threads: sums, ballots, shuffles and atomics of known values (see the
/// test).
template <int W>
KGLOBAL KBOUNDS(256) void self_test_words(const u32* in, u32* out, u32* counters, u64* wide) {
  K_SHARED(WordsShared, s);
  const u32 t = k_tid(), lane = t % W;
  const u32 block = k_block() + k_blocks() * (k_block_y() + k_blocks_y() * k_block_z());
  if (t == 0) {
    s.count = 0;
    s.wide = 0;
    s.sum = 0;
  }
  s.value[t] = static_cast<float>(in[block * k_threads() + t] & 0xFFU);
  k_sync();
  const float mine = s.value[t];
  k_syncwave<W>();
  u32 result = static_cast<u32>(k_wave_sum<W>(mine)) + static_cast<u32>(k_wave_max<W>(mine));
  result += static_cast<u32>(k_wave_scan<W>(mine)) + k_shfl<W>(t, W - 1) + k_shfl_xor<W>(t, 1);
  result += k_shfl_up<W>(t, 1) + k_shfl_down<W>(t, 1);
  const u64 odd = k_ballot<W>((t & 1U) != 0);
  result += k_popcount(odd) + k_popcount(t) + k_clz(t) + k_ffs(odd);
  result += static_cast<u32>(k_any<W>(lane == 3)) + static_cast<u32>(k_all<W>(lane < W));
  const u64 full = W == 64 ? ~u64{0} : 0xFFFFFFFFU;
  result += k_popcount(k_ballot_mask<W>(full, lane < 5)) + k_shfl_mask<W>(full, t, 0);
  result += static_cast<u32>(k_shfl_xor_mask<W>(full, static_cast<u64>(t) << 32, 2) >> 32);
  k_syncwave_mask<W>(full);
  result += k_shfl_up_mask<W>(full, t, 2) + k_shfl_down_mask<W>(full, t, 2);
  k_atomic_add_block(&s.count, 1);
  k_atomic_add_block(&s.wide, static_cast<u64>(t));
  k_atomic_add_block(&s.sum, 1.0F);
  k_sync();
  result += s.count + static_cast<u32>(s.wide) + static_cast<u32>(s.sum);
  k_sync();
  if (t == 0) s.count = k_threads();
  k_sync();
  k_atomic_max_block(&s.count, 2 * t);
  k_atomic_min_block(&s.wide, static_cast<u64>(t));
  k_sync();
  result += s.count + static_cast<u32>(s.wide) + k_min(t, 7U) + k_max(t, 7U);
  k_sync();
  result += k_atomic_or_block(&s.count, 0) + k_atomic_cas_block(&s.count, 1, 2);
  out[block * k_threads() + t] = result;
  k_atomic_add_device(&counters[0], 1);
  k_atomic_max_device(&counters[1], t);
  k_atomic_min_device(&counters[2], t);
  k_atomic_or_device(&counters[3], 1U << (t % 32));
  k_atomic_exchange_device(&counters[4], 9);
  k_atomic_cas_device(&counters[5], 0, 5);
  k_atomic_add_device(&wide[0], u64{1});
  k_atomic_max_device(&wide[1], static_cast<u64>(t) << 32);
  k_atomic_min_device(&wide[2], static_cast<u64>(t) << 32);
  k_atomic_exchange_device(&wide[3], u64{9} << 32);
  k_atomic_cas_device(&wide[4], u64{0}, u64{5} << 32);
  k_fence();
  k_atomic_store_device(&counters[6], 6);
  if (k_atomic_load_device(&counters[6]) != 6) k_atomic_store_device(&counters[7], 1);
}

template <int W>
struct NumbersShared {
  KBlockScratch<W, float> scratch;
};

/// y[i] = (exp + exp2 + log + erf + sqrt + 1/sqrt)(|x|) rounded through Bf16 and F16, the bits of
/// the double logarithm, and the block's sum and maximum; 8 floats per thread, moved in one access.
template <int W, class T>
KGLOBAL KBOUNDS(256) void self_test_numbers(const T* x, float* y, u64 seed) {
  K_SHARED(NumbersShared<W>, s);
  const u32 t = k_tid();
  const Vec<T, 2> pair = k_load<2>(x + 2 * (k_block() * k_threads() + t));
  const float v = k_abs(k_to_float(pair[0])) + k_to_float(pair[1]);
  Vec<float, 4> first, second;
  first[0] = k_exp(v) + k_exp2(v);
  first[1] = k_log(v) + k_erf(v);
  first[2] = k_sqrt(v) + k_rsqrt(v);
  first[3] = k_to_float(k_from_float<T>(k_fma(v, v, 1.0F)));
  const double noise = k_exponential_noise(seed, t, k_block(), 1, 2);
  second[0] = static_cast<float>(k_sqrt(k_fma(noise, noise, k_abs(-noise))));
  second[1] = k_block_sum<W>(v, s.scratch);
  k_sync();
  second[2] = k_block_max<W>(v, s.scratch);
  second[3] = k_isnan(v) || k_isnan(noise) ? k_float(0x7FC00000U) : k_float(k_bits(v) ^ 1U);
  float* to = y + 8 * static_cast<u64>(k_block() * k_threads() + t);
  k_store(to, first);
  k_store(to + 4, second);
}

template <class T>
struct TilesShared {
  alignas(16) T a[16][24];  // rows of 48 bytes: multiples of 16, spread over the banks
  alignas(16) T b[16][24];
  alignas(16) T bt[16][24];
};

/// One wave: d = a b + a bt^T, 16 x 16 each, through shared memory.
template <int W, class T>
KGLOBAL KBOUNDS(W) void self_test_tiles(const T* a, const T* b, const T* bt, float* d) {
  K_SHARED(TilesShared<T>, s);
  for (u32 i = k_tid(); i < 256; i += k_threads()) {
    s.a[i / 16][i % 16] = a[i];
    s.b[i / 16][i % 16] = b[i];
    s.bt[i / 16][i % 16] = bt[i];
  }
  k_sync();
  KTileC<W, T> c;
  const KTileA<W, T> rows = k_tile_load_a<W>(&s.a[0][0], 24);
  k_tile_mma(c, rows, k_tile_load_b<W>(&s.b[0][0], 24));
  k_tile_mma(c, rows, k_tile_load_bt<W>(&s.bt[0][0], 24));
  c.visit([&](u32 row, u32 column, float& value) { d[row * 16 + column] = value; });
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
