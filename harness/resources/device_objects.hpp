// Lists the objects of the device-compile jobs, as CMake listed them next to the program
// (cmake/DeviceLanes.cmake, cmake/KokkosLanes.cmake).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kernelgate {

/// One row of objects.csv or kokkos_objects.csv: a unit for one target.
struct DeviceObject {
  std::string kernel;   // its folder
  std::string profile;  // "nv-sm90"
  std::filesystem::path object, log;
  std::string compiler, version;  // "nvcc", "13.0.88"
};

struct DeviceObjects {
  std::vector<DeviceObject> objects;  // of native kernels
  std::vector<DeviceObject> kokkos;   // of Kokkos kernels; empty without Kokkos
  /// settings.csv: cmake, build, baselines, kokkos (its version). missing_cuda, missing_hip and
  /// missing_rocm give the reason why a job is left out.
  std::map<std::string, std::string> settings;
};

/// Reads <folder>/objects.csv and settings.csv, and kokkos_objects.csv if it exists. Throws
/// BadInput if one of the first two is missing.
DeviceObjects read_device_objects(const std::filesystem::path& folder);

}  // namespace kernelgate
