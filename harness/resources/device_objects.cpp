#include "harness/resources/device_objects.hpp"

#include <fmt/format.h>
#include <libfccp/csv.h>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

template <unsigned columns>
using Reader =
    io::CSVReader<columns, io::trim_chars<' ', '\t', '\r'>, io::double_quote_escape<',', '"'>,
                  io::throw_on_overflow, io::single_and_empty_line_comment<'#'>>;

std::vector<DeviceObject> read_objects(const fs::path& file) {
  std::vector<DeviceObject> found;
  Reader<6> objects(file.string());
  objects.read_header(io::ignore_extra_column, "kernel", "profile", "object", "log", "compiler",
                      "version");
  DeviceObject row;
  std::string object, log;
  while (objects.read_row(row.kernel, row.profile, object, log, row.compiler, row.version)) {
    row.object = object;
    row.log = log;
    found.push_back(row);
  }
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
  try {
    found.objects = read_objects(folder / "objects.csv");
    const fs::path kokkos = folder / "kokkos_objects.csv";
    if (fs::exists(kokkos)) found.kokkos = read_objects(kokkos);
    Reader<2> settings((folder / "settings.csv").string());
    settings.read_header(io::ignore_no_column, "key", "value");
    std::string key, value;
    while (settings.read_row(key, value)) found.settings[key] = value;
  } catch (const io::error::base& error) {
    throw BadInput(error.what());
  }
  return found;
}

}  // namespace kernelgate
