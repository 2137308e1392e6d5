// What `kernelgate resources` looks at: the chosen objects and the figures read from them.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/session.hpp"
#include "harness/resources/baseline.hpp"
#include "harness/resources/device_objects.hpp"

namespace kernelgate {

/// Options of the command; an empty list or word leaves nothing out.
struct ResourcesArguments {
  std::vector<std::string> devices, kernels;
  std::string code;  // "native", "kokkos"
  std::string baselines, objects;
  bool update_baseline = false, no_build = false;
};

/// Objects of native kernels and of Kokkos kernels.
struct ChosenObjects {
  std::vector<DeviceObject> native, kokkos;
};

/// Kokkos objects take minutes to compile, so that without --code only those of devices that have
/// some already are chosen. Prints a line that names the others.
ChosenObjects choose_objects(const ResourcesArguments& options, const DeviceObjects& list);

/// The rows that belong into one file of the baseline.
struct Figures {
  std::string title;  // "nvcc 13.0.88", "nvcc 13.0.88 with Kokkos 5.2.2"
  bool kokkos = false;
  std::vector<ResourceRow> rows;
  std::set<std::string> devices;
  std::set<std::pair<std::string, std::string>> absent;  // Kokkos units and targets not compiled
};

/// Reads the objects; by the file of the baseline, below `folder`. Throws BadInput for a native
/// object that is missing and for one that cannot be read. Prints a line for each Kokkos object
/// that is missing.
std::map<std::filesystem::path, Figures> read_figures(const ChosenObjects& objects,
                                                      const DeviceObjects& list,
                                                      const std::filesystem::path& folder,
                                                      const Session& session);

/// Whether the kernel of a row of the baseline would have been found, were it still there.
bool looked_for(const ResourcesArguments& options, const Figures& figures, const ResourceRow& row);

}  // namespace kernelgate
