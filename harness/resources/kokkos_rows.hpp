// Names the kernels that Kokkos launches by their functors and makes baseline rows of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/resources/baseline.hpp"
#include "harness/resources/compiled_kernel.hpp"
#include "harness/resources/device_objects.hpp"

namespace kernelgate {

/// Threads per block for which the waves of Kokkos kernels are modelled: the team of DeviceShape. A
/// policy sets its own number at run time, so objects do not contain it.
inline constexpr std::int64_t kokkos_block_threads = 128;

/// The functor of a Kokkos launch, "TiledProduct<bf16, float>": without namespaces, without
/// DeviceShape, which all functors on devices share, and without the compiler's additions to a
/// name. Nothing for Kokkos' own functors (copies, fills) and for symbols that are not launches.
std::optional<std::string> kokkos_functor(const std::string& symbol);

/// The prefix of the rows of a unit's object: "linear/kokkos/" for linear/linear_kokkos.cpp.
std::string kokkos_unit(const DeviceObject& object);

/// The same prefix, from a row.
std::string kokkos_unit(const ResourceRow& row);

/// One row per functor of an object. Launches of one functor (by value, from constant memory) make
/// one row with the worst value of each metric. `lds_bytes` is the static part: the scratch of a
/// team is requested at run time. `waves` is for blocks of kokkos_block_threads.
std::vector<ResourceRow> kokkos_rows(const DeviceObject& object,
                                     std::span<const CompiledKernel> kernels);

/// As text: for each unit and target with both removed and new rows, the worst metrics of the
/// removed rows next to those of the new ones. A renamed functor is a new row, and this reports
/// whether it is worse than the one it replaces.
std::vector<std::string> renamed_functors(std::span<const ResourceRow> gone,
                                          std::span<const ResourceRow> added);

}  // namespace kernelgate
