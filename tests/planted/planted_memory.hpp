// Bugs of memory: out-of-bounds, uninitialised and invalid accesses, and undefined arithmetic.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct MemoryShared {
  u32 part[1024];
  u32 red[32];
  u32 after[32];
  u32* leaked;
};

// A kernel must not keep state between launches.
inline u32 planted_mutable_global = 7;
inline constexpr u32 planted_table[] = {2, 3, 5, 7, 11, 13, 17, 19};

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void lane_skips_its_write(const u32* x, u32* y, u32*, u32) {
  K_SHARED(MemoryShared, s);
  const u32 t = k_tid();
  if (!bug || t != 77) s.part[t] = x[t];
  k_sync();
  y[t] = s.part[(t + 1) % k_threads()];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void sum_on_fresh_lds(const u32* x, u32* y, u32*, u32) {
  K_SHARED(MemoryShared, s);
  const u32 t = k_tid();
  if constexpr (!bug) s.part[t] = 0;
  s.part[t] += x[t];
  y[t] = s.part[t];
}

/// y is uninitialised here.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void output_read_first(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  y[t] = bug ? y[t] + x[t] : x[t];
}

/// With the bug, later blocks expect the shared memory that block 0 wrote.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void lds_of_the_block_before(const u32* x, u32* y, u32*, u32) {
  K_SHARED(MemoryShared, s);
  const u32 t = k_tid();
  if (!bug || k_block() == 0) s.part[t] = x[t];
  k_sync();
  y[k_block() * k_threads() + t] = s.part[t];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void past_the_end(const u32* x, u32* y, u32*, u32 n) {
  for (u32 i = k_tid(); i < n; i += k_threads()) y[bug ? i + 1 : i] = x[i];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void before_the_start(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  y[t] = x[static_cast<i64>(t) - (bug ? 1 : 0)];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void lds_index_times_8(const u32* x, u32* y, u32*, u32) {
  K_SHARED(MemoryShared, s);
  const u32 t = k_tid();
  u32* part = s.part;
  part[bug ? t * 8 : t] = x[t];
  k_sync();
  y[t] = part[bug ? t * 8 : t];
}

/// With the bug, the index is beyond its array but inside the allocation, in the next member.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void into_the_next_member(const u32* x, u32* y, u32*, u32) {
  K_SHARED(MemoryShared, s);
  const u32 t = k_tid();
  if (t < 32) {
    s.after[t] = 0;
    s.red[t] = x[t];
  }
  k_sync();
  if (t < 32) y[t] = s.red[bug ? t + 1 : t];
}

/// In the mutant, z points to a freed buffer or to host memory (ThirdPointer).
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void reads_z(const u32*, u32* y, u32* z, u32) {
  y[k_tid()] = z[k_tid() % 64];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void reads_a_global(const u32*, u32* y, u32*, u32) {
  y[k_tid()] = bug ? planted_mutable_global : planted_table[k_tid() % 8];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void null_pointer(const u32* x, u32* y, u32*, u32 n) {
  const u32* from = bug && n != 0 ? nullptr : x;
  y[k_tid()] = from[k_tid()];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void local_leaked(const u32* x, u32* y, u32*, u32) {
  K_SHARED(MemoryShared, s);
  const u32 t = k_tid();
  u32 local[4] = {x[t], x[t + 1], x[t + 2], t};
  if (t == 0) s.leaked = local;
  k_sync();
  const u32* from = bug ? s.leaked : local;
  y[t] = from[t % 4];
  k_sync();
}

/// With the bug, needs more local memory than a stack has.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void too_many_locals(const u32* x, u32* y, u32*, u32 n) {
  u32 local[bug ? 64 * 1024 : 64];
  for (u32 i = 0; i < 64; ++i) local[(bug ? 1000 : 1) * i] = x[i];
  y[k_tid()] = local[(n + k_tid()) % 64 * (bug ? 1000 : 1)];
}

/// With the bug, a product of sizes overflows 32 signed bits.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void product_of_sizes(const u32* x, u32* y, u32*, u32 n) {
  const i32 rows = static_cast<i32>(n), width = 2000000;
  const i64 size = bug ? rows * width : static_cast<i64>(rows) * width;
  y[k_tid()] = size > 0 ? x[k_tid()] : 0U;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shift_by_the_width(const u32* x, u32* y, u32*, u32 n) {
  const u32 bits = bug ? n / 128 : n / 128 - 1;  // n = 4096
  y[k_tid()] = x[k_tid()] >> bits;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void division_by_zero(const u32* x, u32* y, u32*, u32 n) {
  y[k_tid()] = x[k_tid()] / (bug ? n - 4096 : n);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
