// Bugs of order in accesses that are not one dword: bytes, halves, vectors, records.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct PartsShared {
  alignas(16) unsigned char byte[4096];
  Bf16 half[1024];
  struct Record {
    u32 key, value, more[4];
  } record[64];
};

/// Adjacent threads write different bytes of one dword: no race. With the bug they share a byte.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void neighbouring_bytes(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  const u32 own = bug ? t / 2 : t;
  s.byte[own] = static_cast<unsigned char>(x[t] + t);
  s.byte[own] = static_cast<unsigned char>(s.byte[own] + 1);
  k_sync();
  y[t] = s.byte[own ^ 1U];
}

/// In-place update of two-byte numbers. With the bug, a thread reads its neighbour's number.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void neighbouring_halves(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  s.half[t] = k_from_float<Bf16>(static_cast<float>(x[t]));
  s.half[t] = k_from_float<Bf16>(2.0F * k_to_float(s.half[bug ? t ^ 1U : t]));
  k_sync();
  y[t] = static_cast<u32>(k_to_float(s.half[t ^ 1U]));
}

/// A vector store of 16 bytes over a word that another thread reads as a scalar.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void vector_over_scalar(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  auto* words = reinterpret_cast<u32*>(s.byte);
  k_store(words + 4 * t, k_load<4>(x + 4 * t));
  if constexpr (!bug) k_sync();
  y[t] = words[4 * ((t + 1) % k_threads()) + 3];
}

/// A vector load; with the bug, one of the four words was never written.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void vector_partly_written(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  auto* words = reinterpret_cast<u32*>(s.byte);
  for (u32 i = 0; i < (bug && t == 5 ? 3U : 4U); ++i) words[4 * t + i] = x[t];
  const Vec<u32, 4> all = k_load<4>(words + 4 * t);
  y[t] = all[0] + all[1] + all[2] + all[3];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void misaligned_vector(const u32* x, u32* y, u32*, u32) {
  const Vec<u32, 4> four = k_load<4>(x + 4 * k_tid() + (bug ? 2 : 0));
  y[k_tid()] = four[0] + four[3];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void misaligned_vector_store(const u32* x, u32* y, u32*, u32) {
  k_store(y + 2 * k_tid() + (bug ? 1 : 0), k_load<2>(x + 2 * k_tid()));
}

/// With the bug, two threads write the same record by struct assignment.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void struct_copy(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  if (t < 64) {
    PartsShared::Record r{t, x[t], {t, t, t, t}};
    s.record[bug ? t / 2 : t] = r;
  }
  k_sync();
  if (t < 32) y[t] = s.record[t].key + s.record[t].more[3];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void copies_by_memcpy(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  if (t < 64) memcpy(&s.record[bug ? t / 2 : t], x + 6 * t, sizeof(PartsShared::Record));
  k_sync();
  if (t < 32) y[t] = s.record[t].key + s.record[t].more[3];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void clears_by_memset(const u32*, u32* y, u32*, u32) {
  K_SHARED(PartsShared, s);
  const u32 t = k_tid();
  if (t < 64) memset(&s.record[bug ? t / 2 : t], 0, sizeof(PartsShared::Record));
  k_sync();
  if (t < 32) y[t] = s.record[t].key + s.record[t].more[3];
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
