// Inputs of `kernelgate resources`: the chosen object files and the metrics read from them.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/resources/baseline.hpp"
#include "harness/resources/device_objects.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {

/// Options of the command; an empty list or text excludes nothing.
struct ResourcesArguments {
  std::vector<std::string> devices, kernels;
  std::string code;  // "native", "kokkos"
  std::string baselines, objects;
  bool update_baseline = false, no_build = false;
};

/// Object files of native kernels and of Kokkos kernels.
struct ChosenObjects {
  std::vector<DeviceObject> native, kokkos;
};

/// Chooses the objects. Kokkos objects take minutes to compile; without --code, only those of
/// devices that already have some are chosen, and a printed line lists the other devices.
ChosenObjects choose_objects(const ResourcesArguments& options, const DeviceObjects& list);

/// The rows of one baseline file.
struct Figures {
  std::string title;  // "nvcc 13.0.88", "nvcc 13.0.88 with Kokkos 5.2.2"
  bool kokkos = false;
  std::vector<ResourceRow> rows;
  std::set<std::string> devices;
  std::set<std::pair<std::string, std::string>> absent;  // Kokkos units and targets not compiled
};

/// Reads the objects. The result is keyed by the baseline file below `folder`. Throws BadInput for
/// a missing native object and for an unreadable object. Prints a line for each missing Kokkos
/// object.
std::map<std::filesystem::path, Figures> read_figures(const ChosenObjects& objects,
                                                      const DeviceObjects& list,
                                                      const std::filesystem::path& folder,
                                                      const Session& session);

/// Whether this run would have found the kernel of a baseline row if it still existed.
bool looked_for(const ResourcesArguments& options, const Figures& figures, const ResourceRow& row);

}  // namespace kernelgate
