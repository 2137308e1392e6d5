// Names the kernels that Kokkos launches by their functors and makes rows of the baseline of them.
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

/// Threads of a block for which the waves of Kokkos kernels are modelled: the team of DeviceShape.
/// A policy states its own at run time, so no object has it.
inline constexpr std::int64_t kokkos_block_threads = 128;

/// The functor of a launch of Kokkos', "TiledProduct<bf16, float>": without namespaces, without the
/// shape of devices, which all functors on devices share, and without what compilers add to a name.
/// Nothing for functors of Kokkos itself (copies, fills) and for symbols that are no launch.
std::optional<std::string> kokkos_functor(const std::string& symbol);

/// The prefix of the rows of a unit's object: "linear/kokkos/" for linear/linear_kokkos.cpp.
std::string kokkos_unit(const DeviceObject& object);

/// The same of a row.
std::string kokkos_unit(const ResourceRow& row);

/// A row for each functor of an object. Launches of one functor (by value, from constant memory)
/// make one row, with the worst figure of each kind. `lds_bytes` is the static part: the scratch of
/// a team is asked for at run time. `waves` are those of blocks of kokkos_block_threads.
std::vector<ResourceRow> kokkos_rows(const DeviceObject& object,
                                     std::span<const CompiledKernel> kernels);

/// In words: for each unit and target that has rows both gone and new, the worst figures of the
/// gone ones beside those of the new ones. A functor with another name is a new row, and this says
/// whether it is worse than what it replaces.
std::vector<std::string> renamed_functors(std::span<const ResourceRow> gone,
                                          std::span<const ResourceRow> added);

}  // namespace kernelgate
