#include "harness/run/resource_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/devices/occupancy.hpp"
#include "harness/resources/compiled_kernel.hpp"
#include "harness/resources/entry_names.hpp"
#include "harness/resources/kokkos_rows.hpp"
#include "harness/run/selection.hpp"

namespace kernelgate {

// kernels/common/dialect/self_test, which belong to no model
NativeEntries self_test_plain_entries();

namespace {

namespace fs = std::filesystem;

std::vector<NativeEntry> known_entries(const Session& session) {
  std::vector<NativeEntry> entries = session.registry().native_entries();
  const NativeEntries own = self_test_plain_entries();
  entries.insert(entries.end(), own.data, own.data + own.count);
  return entries;
}

std::vector<DeviceObject> chosen_objects(const ResourcesArguments& options,
                                         const std::vector<DeviceObject>& list) {
  std::vector<DeviceObject> objects;
  std::copy_if(list.begin(), list.end(), std::back_inserter(objects), [&](const DeviceObject& o) {
    return chosen(options.devices, o.profile) && chosen(options.kernels, o.kernel);
  });
  return objects;
}

std::vector<DeviceObject> of_compiled_devices(const std::vector<DeviceObject>& objects) {
  std::set<std::string> compiled, left_out;
  for (const DeviceObject& object : objects) {
    if (fs::exists(object.object)) compiled.insert(object.profile);
  }
  std::vector<DeviceObject> kept;
  for (const DeviceObject& object : objects) {
    if (compiled.count(object.profile) != 0) {
      kept.push_back(object);
    } else {
      left_out.insert(object.profile);
    }
  }
  if (!left_out.empty()) {
    fmt::print("left out: Kokkos kernels for {} (not compiled; --code kokkos does so)\n",
               fmt::join(left_out, ", "));
  }
  return kept;
}

void read_native(const DeviceObject& object, const std::map<std::string, EntryFacts>& facts,
                 Figures& figures) {
  const DeviceProfile& profile = device_profile(object.profile);
  for (const CompiledKernel& kernel : read_object(object.object, object.log)) {
    const auto known = facts.find(without_build_mode(kernel.symbol));
    const bool named = known != facts.end();
    const std::int64_t lds = named ? known->second.lds_bytes : -1;
    const Occupancy held =
        occupancy({named ? known->second.max_threads : profile.wave, kernel.registers,
                   kernel.static_lds + std::max<std::int64_t>(lds, 0)},
                  profile);
    figures.rows.push_back({named ? known->second.name : demangled(kernel.symbol), object.profile,
                            kernel.registers, kernel.spilled, kernel.scalars_in_lanes,
                            kernel.scratch, lds, held.waves,
                            fmt::format("{:016x}", kernel.code_hash)});
  }
}

void read_kokkos(const DeviceObject& object, Figures& figures) {
  if (!fs::exists(object.object)) {
    figures.absent.emplace(kokkos_unit(object), object.profile);
    fmt::print("left out: {} is not compiled\n", object.object.string());
    return;
  }
  const auto rows = kokkos_rows(object, read_object(object.object, object.log));
  figures.rows.insert(figures.rows.end(), rows.begin(), rows.end());
}

}  // namespace

ChosenObjects choose_objects(const ResourcesArguments& options, const DeviceObjects& list) {
  ChosenObjects objects;
  if (options.code != "kokkos") objects.native = chosen_objects(options, list.objects);
  if (options.code != "native") objects.kokkos = chosen_objects(options, list.kokkos);
  if (options.code.empty()) objects.kokkos = of_compiled_devices(objects.kokkos);
  return objects;
}

std::map<fs::path, Figures> read_figures(const ChosenObjects& objects, const DeviceObjects& list,
                                         const fs::path& folder, const Session& session) {
  const std::map<std::string, EntryFacts> facts = facts_by_symbol(known_entries(session));
  std::map<fs::path, Figures> all;
  for (const DeviceObject& object : objects.native) {
    Figures& figures = all[folder / baseline_file_name(object.compiler, object.version)];
    figures.title = fmt::format("{} {}", object.compiler, object.version);
    figures.devices.insert(object.profile);
    read_native(object, facts, figures);
  }
  for (const DeviceObject& object : objects.kokkos) {
    const std::string& kokkos = list.settings.at("kokkos");
    Figures& figures =
        all[folder / ("kokkos-" + kokkos) / baseline_file_name(object.compiler, object.version)];
    figures.title = fmt::format("{} {} with Kokkos {}", object.compiler, object.version, kokkos);
    figures.kokkos = true;
    figures.devices.insert(object.profile);
    read_kokkos(object, figures);
  }
  return all;
}

bool looked_for(const ResourcesArguments& options, const Figures& figures, const ResourceRow& row) {
  if (figures.devices.count(row.profile) == 0) return false;
  if (!figures.kokkos) return options.kernels.empty();
  return chosen(options.kernels, row.kernel.substr(0, row.kernel.find('/'))) &&
         figures.absent.count({kokkos_unit(row), row.profile}) == 0;
}

}  // namespace kernelgate
