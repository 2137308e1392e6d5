// How many accesses each kernel unit's canary makes (kernels/dialect/host/canary.hpp). A unit whose
// compiler reports another number is not observed as it should be.
#pragma once

#include <cstdint>

namespace kernelgate::source_api {

/// Two reads and a write; a read and a write of one word; a byte; both sides of a memcpy.
inline constexpr std::uint64_t canary_total = 8;

}  // namespace kernelgate::source_api

namespace kernelgate {

struct NativeEntry;  // harness/native/entry.hpp

/// The accesses of `call(nullptr, …)` that were seen: the canary of its unit.
std::uint64_t canary_accesses(const NativeEntry& entry);

}  // namespace kernelgate
