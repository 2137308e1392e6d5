#include "harness/resources/device_objects.hpp"

#include <fmt/format.h>

#include "harness/core/csv_table.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

std::vector<DeviceObject> read_objects(const fs::path& file) {
  std::vector<DeviceObject> found;
  read_csv_file(
      file, {"kernel", "profile", "object", "log", "compiler", "version"},
      [&](const CsvRow& row) {
        found.push_back({row[0], row[1], row[2], row[3], row[4], row[5]});
      },
      OtherColumns::ignored);
  return found;
}

}  // namespace

DeviceObjects read_device_objects(const fs::path& folder) {
  if (!fs::exists(folder / "objects.csv") || !fs::exists(folder / "settings.csv")) {
    throw BadInput(
        fmt::format("{}: no list of device objects; run the program that lies in a build folder",
                    (folder / "objects.csv").string()));
  }
  DeviceObjects found;
  found.objects = read_objects(folder / "objects.csv");
  const fs::path kokkos = folder / "kokkos_objects.csv";
  if (fs::exists(kokkos)) found.kokkos = read_objects(kokkos);
  read_csv_file(folder / "settings.csv", {"key", "value"},
                [&](const CsvRow& row) { found.settings[row[0]] = row[1]; });
  return found;
}

}  // namespace kernelgate
