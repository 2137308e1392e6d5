// The instrumentation self-test: the number of accesses that each kernel unit makes for it
// (kernels/common/dialect/host/canary.hpp). If another number is observed, the unit was compiled
// with wrong flags.
#pragma once

#include <cstdint>

namespace kernelgate::source_api {

/// Two reads and a write; a read and a write of one word; a byte; both sides of a memcpy.
inline constexpr std::uint64_t canary_total = 8;

}  // namespace kernelgate::source_api

namespace kernelgate {

struct NativeEntry;  // harness/core/native_entry.hpp

/// The number of accesses observed during `call(nullptr, …)`, which runs the self-test of its unit.
std::uint64_t canary_accesses(const NativeEntry& entry);

}  // namespace kernelgate
