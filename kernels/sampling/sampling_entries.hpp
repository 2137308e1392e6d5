// Kernel instances of sampling: storage type, wave width, amount of shared memory.
#pragma once

#include <iterator>

#include "kernels/sampling/sampling_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define SAMPLING_ENTRIES(T, type, layout, lds)                                        \
  K_ENTRY("sampling<" type ",w32," lds ">",                                           \
          (sampling_kernel<T, 32, layout.lds_bytes, layout.mass_bits>), 32, 1024,     \
          SamplingShared<layout>),                                                    \
      K_ENTRY("sampling<" type ",w64," lds ">",                                       \
              (sampling_kernel<T, 64, layout.lds_bytes, layout.mass_bits>), 64, 1024, \
              SamplingShared<layout>)

inline NativeEntries sampling_entries() {
  static const NativeEntry table[] = {SAMPLING_ENTRIES(float, "f32", sampling_16k, "16k"),
                                      SAMPLING_ENTRIES(Bf16, "bf16", sampling_16k, "16k"),
                                      SAMPLING_ENTRIES(F16, "f16", sampling_16k, "16k"),
                                      SAMPLING_ENTRIES(float, "f32", sampling_64k, "64k"),
                                      SAMPLING_ENTRIES(Bf16, "bf16", sampling_64k, "64k"),
                                      SAMPLING_ENTRIES(F16, "f16", sampling_64k, "64k")};
  return {table, static_cast<std::int64_t>(std::size(table))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
