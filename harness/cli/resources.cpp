// kernelgate resources: what the compilers made of every native kernel, for each target they know.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "harness/cli/program.hpp"
#include "harness/cli/session.hpp"
#include "harness/devices/occupancy.hpp"
#include "harness/resources/baseline.hpp"
#include "harness/resources/compiled_kernel.hpp"
#include "harness/resources/device_objects.hpp"
#include "harness/resources/entry_names.hpp"

namespace kernelgate {

NativeEntries self_test_plain_entries();  // kernels/dialect/self_test: kernels of no model

namespace {

namespace fs = std::filesystem;

struct ResourcesArguments {
  std::vector<std::string> devices, kernels;
  std::string baselines, objects;
  bool update_baseline = false, no_build = false;
};

struct Reported {
  ResourceRow row;
  std::string compiler, version;
};

bool chosen(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

std::vector<NativeEntry> known_entries(const Session& session) {
  std::vector<NativeEntry> entries = session.registry().native_entries();
  const NativeEntries own = self_test_plain_entries();
  entries.insert(entries.end(), own.data, own.data + own.count);
  return entries;
}

// Compiles what is missing or older than its sources, by the build's own rules. False: something
// does not compile.
bool build(const DeviceObjects& list, const std::set<std::string>& devices) {
  std::vector<std::string> words{list.settings.at("cmake"), "--build", list.settings.at("build"),
                                 "--target"};
  for (const std::string& device : devices) words.push_back("lane_" + device);
  fmt::print(stderr, "compiling what is missing for {} targets\n", devices.size());
  return run_program(words).code == 0;
}

std::vector<Reported> read_all(const ResourcesArguments& options, const DeviceObjects& list,
                               const std::map<std::string, EntryFacts>& facts) {
  std::vector<Reported> all;
  for (const DeviceObject& object : list.objects) {
    if (!chosen(options.devices, object.profile) || !chosen(options.kernels, object.kernel))
      continue;
    const DeviceProfile& profile = device_profile(object.profile);
    for (const CompiledKernel& kernel : read_object(object.object, object.log)) {
      const auto known = facts.find(without_flavour(kernel.symbol));
      const bool named = known != facts.end();
      const std::int64_t lds = named ? known->second.lds_bytes : -1;
      const Occupancy held =
          occupancy({named ? known->second.max_threads : profile.wave, kernel.registers,
                     kernel.static_lds + std::max<std::int64_t>(lds, 0)},
                    profile);
      all.push_back({{named ? known->second.name : demangled(kernel.symbol), object.profile,
                      kernel.registers, kernel.spilled, kernel.scratch, lds, held.waves,
                      fmt::format("{:016x}", kernel.code_hash)},
                     object.compiler,
                     object.version});
    }
  }
  return all;
}

std::string_view verdict(Change change) {
  constexpr std::string_view words[] = {"same", "other code", "WORSE", "better", "new", "gone"};
  return words[static_cast<std::size_t>(change)];
}

void print_row(const Reported& reported, const ResourceChange* comparison) {
  const ResourceRow& row = reported.row;
  const DeviceProfile& profile = device_profile(row.profile);
  fmt::print(
      "{:<40} {:<16} {:>4} registers {:>4} spilled {:>5} B scratch {:>7} LDS  {:>2} of {:>2} waves "
      " {}",
      row.kernel, row.profile, row.registers, row.spilled, row.scratch,
      row.lds_bytes < 0 ? std::string("?") : fmt::format("{} B", row.lds_bytes), row.waves,
      profile.waves_per_cu, row.code);
  if (comparison != nullptr && comparison->change != Change::same) {
    fmt::print("  {}: {}", verdict(comparison->change), comparison->words);
  }
  fmt::print("\n");
}

struct Counts {
  int worse = 0, better = 0, code = 0, added = 0, gone = 0;
};

// Rows of the baseline of devices that were looked at, and that no kernel has any more.
int count_gone(const std::vector<ResourceRow>& baseline, const std::vector<Reported>& now,
               const std::set<std::string>& devices) {
  int gone = 0;
  for (const ResourceRow& row : baseline) {
    if (devices.count(row.profile) == 0) continue;
    const bool there = std::any_of(now.begin(), now.end(), [&](const Reported& r) {
      return r.row.kernel == row.kernel && r.row.profile == row.profile;
    });
    if (there) continue;
    fmt::print("{:<40} {:<16} gone: in the baseline, and no kernel now\n", row.kernel, row.profile);
    ++gone;
  }
  return gone;
}

// Prints all rows of one compiler beside its baseline.
Counts compare_compiler(const ResourcesArguments& options, const fs::path& file,
                        const std::string& title, const std::vector<Reported>& rows,
                        const std::set<std::string>& devices) {
  Counts counts;
  const auto baseline = read_baseline(file);
  if (!baseline) fmt::print("no baseline for {}\n", title);
  for (const Reported& reported : rows) {
    if (!baseline) {
      print_row(reported, nullptr);
      continue;
    }
    const ResourceChange comparison = compare_with(*baseline, reported.row);
    counts.worse += comparison.change == Change::worse;
    counts.better += comparison.change == Change::better;
    counts.code += comparison.change == Change::code_alone;
    counts.added += comparison.change == Change::added;
    print_row(reported, &comparison);
  }
  if (baseline && options.kernels.empty()) counts.gone = count_gone(*baseline, rows, devices);
  return counts;
}

// Rows of other devices and kernels stay as they are.
void update(const ResourcesArguments& options, const fs::path& file,
            const std::vector<Reported>& rows, const std::set<std::string>& devices) {
  std::vector<ResourceRow> merged;
  merged.reserve(rows.size());
  for (const Reported& reported : rows) merged.push_back(reported.row);
  for (const ResourceRow& row : read_baseline(file).value_or(std::vector<ResourceRow>{})) {
    const bool replaced = std::any_of(rows.begin(), rows.end(), [&](const Reported& r) {
      return r.row.kernel == row.kernel && r.row.profile == row.profile;
    });
    const bool gone = options.kernels.empty() && devices.count(row.profile) != 0;
    if (!replaced && !gone) merged.push_back(row);
  }
  write_baseline(file, merged);
  fmt::print("wrote {}\n", file.string());
}

ExitCode report(const ResourcesArguments& options, const Session& session) {
  const fs::path beside = own_program().parent_path() / "device";
  const DeviceObjects list =
      read_device_objects(options.objects.empty() ? beside : fs::path(options.objects));
  for (const char* lane : {"missing_cuda", "missing_hip"}) {
    const auto why = list.settings.find(lane);
    if (why != list.settings.end() && !why->second.empty()) {
      fmt::print("skipped: {}\n", why->second);
    }
  }
  std::set<std::string> devices;
  for (const DeviceObject& object : list.objects) {
    if (chosen(options.devices, object.profile)) devices.insert(object.profile);
  }
  if (devices.empty()) {
    fmt::print("nothing compiled: no native kernel for the chosen devices has a compiler here\n");
    return ExitCode::nothing_ran;
  }
  if (!options.no_build && !build(list, devices)) {
    fmt::print("a kernel does not compile; the compiler's message stands above\n");
    return ExitCode::incorrect;
  }
  const std::vector<Reported> all =
      read_all(options, list, facts_by_symbol(known_entries(session)));
  if (all.empty()) return ExitCode::nothing_ran;

  const fs::path folder = options.baselines.empty() ? fs::path(list.settings.at("baselines"))
                                                    : fs::path(options.baselines);
  std::set<std::pair<std::string, std::string>> compilers;
  for (const Reported& reported : all) compilers.emplace(reported.compiler, reported.version);
  Counts sum;
  for (const auto& [compiler, version] : compilers) {
    std::vector<Reported> rows;
    std::set<std::string> its_devices;
    for (const Reported& reported : all) {
      if (reported.compiler != compiler || reported.version != version) continue;
      rows.push_back(reported);
      its_devices.insert(reported.row.profile);
    }
    const fs::path file = folder / baseline_file_name(compiler, version);
    if (options.update_baseline) {
      for (const Reported& reported : rows) print_row(reported, nullptr);
      update(options, file, rows, its_devices);
      continue;
    }
    const Counts counts =
        compare_compiler(options, file, compiler + " " + version, rows, its_devices);
    sum.worse += counts.worse;
    sum.better += counts.better;
    sum.code += counts.code;
    sum.added += counts.added;
    sum.gone += counts.gone;
  }
  if (options.update_baseline) return ExitCode::clean;
  fmt::print(
      "{} kernels x targets: {} worse, {} better, {} with other code alone, {} new, {} gone\n",
      all.size(), sum.worse, sum.better, sum.code, sum.added, sum.gone);
  if (sum.better + sum.code + sum.added + sum.gone != 0) {
    fmt::print(
        "The baseline is not what is compiled now: please write it anew with "
        "--update-baseline, and commit it with the change that made the difference.\n");
  }
  return sum.worse != 0 ? ExitCode::slower : ExitCode::clean;
}

}  // namespace

void add_resources_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "resources",
      "Registers, spills, scratch, LDS and occupancy of every native kernel and target");
  command->footer(
      "Compiles what is missing. Exit code 3: a figure is worse than the committed baseline's.\n"
      "Example: kernelgate resources --device amd-gfx1100 --kernel top_k");
  auto options = std::make_shared<ResourcesArguments>();
  command->add_option("--device", options->devices, "Only these profiles (kernelgate devices)");
  command->add_option("--kernel", options->kernels, "Only these kernels");
  command->add_option("--baseline", options->baselines, "Folder of baselines (results/resources)");
  command->add_option("--objects", options->objects,
                      "Folder with objects.csv and settings.csv (beside the program: device)");
  command->add_flag("--update-baseline", options->update_baseline,
                    "Write the baseline of these compilers");
  command->add_flag("--no-build", options->no_build, "Report on the objects that are there");
  command->callback([&session, options] {
    for (const std::string& device : options->devices) device_profile(device);
    session.end_with(report(*options, session));
  });
}

}  // namespace kernelgate
