// The objects of the compile lanes, as CMake listed them beside the program
// (cmake/DeviceLanes.cmake).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kernelgate {

/// One row of objects.csv: a native unit for one target.
struct DeviceObject {
  std::string kernel;   // its folder
  std::string profile;  // "nv-sm90"
  std::filesystem::path object, log;
  std::string compiler, version;  // "nvcc", "13.0.88"
};

struct DeviceObjects {
  std::vector<DeviceObject> objects;
  /// settings.csv: cmake, build, baselines; missing_cuda and missing_hip say why a lane is left
  /// out.
  std::map<std::string, std::string> settings;
};

/// Reads <folder>/objects.csv and settings.csv. Throws BadInput when they are not there.
DeviceObjects read_device_objects(const std::filesystem::path& folder);

}  // namespace kernelgate
