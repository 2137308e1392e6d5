// kernelgate resources: reports registers, spills, scratch, LDS and occupancy of every native
// kernel and every functor of a Kokkos kernel, for each target of the compilers.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "harness/cli/commands.hpp"
#include "harness/core/process.hpp"
#include "harness/devices/profile.hpp"
#include "harness/resources/baseline.hpp"
#include "harness/resources/device_objects.hpp"
#include "harness/resources/kokkos_rows.hpp"
#include "harness/run/resource_figures.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

std::string_view verdict(Change change) {
  constexpr std::string_view words[] = {"same", "other code", "WORSE", "better", "new", "gone"};
  return words[static_cast<std::size_t>(change)];
}

std::size_t widest_name(const std::vector<ResourceRow>& rows) {
  std::size_t width = 40;
  for (const ResourceRow& row : rows) width = std::max(width, row.kernel.size());
  return width;
}

void print_row(const ResourceRow& row, std::size_t width, const ResourceChange& comparison) {
  const DeviceProfile& profile = device_profile(row.profile);
  fmt::print(
      "{:<{}} {:<16} {:>4} registers {:>4} spilled {:>3} in lanes {:>5} B scratch {:>7} LDS  {:>2} "
      "of {:>2} waves  {}",
      row.kernel, width, row.profile, row.registers, row.spilled, row.scalars_in_lanes, row.scratch,
      row.lds_bytes < 0 ? std::string("?") : fmt::format("{} B", row.lds_bytes), row.waves,
      profile.waves_per_cu, row.code);
  if (comparison.change != Change::same) {
    fmt::print("  {}: {}", verdict(comparison.change), comparison.words);
  }
  fmt::print("\n");
}

// The build targets of the objects: one per device, or per device and kernel if kernels are named.
std::set<std::string> targets_of(const ResourcesArguments& options, const ChosenObjects& objects) {
  std::set<std::string> targets;
  const auto add = [&](std::string_view prefix, const std::vector<DeviceObject>& some) {
    for (const DeviceObject& object : some) {
      std::string target = fmt::format("{}_{}", prefix, object.profile);
      if (!options.kernels.empty()) target += "_" + object.kernel;
      targets.insert(std::move(target));
    }
  };
  add("lane", objects.native);
  add("kokkos", objects.kokkos);
  return targets;
}

// Compiles missing or outdated objects by the build's own rules. Returns false if this fails.
bool build(const ResourcesArguments& options, const DeviceObjects& list,
           const ChosenObjects& objects) {
  std::vector<std::string> words{list.settings.at("cmake"), "--build", list.settings.at("build"),
                                 "--target"};
  const std::set<std::string> targets = targets_of(options, objects);
  words.insert(words.end(), targets.begin(), targets.end());
  fmt::print(stderr, "compiling what is missing for {} targets\n", targets.size());
  return run_process({words, ProcessOutput::own_errors}).well();
}

struct Counts {
  int worse = 0, better = 0, code = 0, added = 0, gone = 0;
  std::vector<std::string> renamed;
};

std::vector<ResourceRow> gone_rows(const ResourcesArguments& options, const Figures& figures,
                                   const std::vector<ResourceRow>& baseline) {
  std::vector<ResourceRow> gone;
  for (const ResourceRow& row : baseline) {
    const bool there = std::any_of(
        figures.rows.begin(), figures.rows.end(),
        [&](const ResourceRow& r) { return r.kernel == row.kernel && r.profile == row.profile; });
    if (!there && looked_for(options, figures, row)) gone.push_back(row);
  }
  return gone;
}

// Prints all rows of one baseline file and how they changed.
void compare_file(const ResourcesArguments& options, const fs::path& file, const Figures& figures,
                  Counts& counts) {
  const auto baseline = read_baseline(file);
  const std::size_t width = widest_name(figures.rows);
  if (!baseline) {
    fmt::print("no baseline for {}\n", figures.title);
    for (const ResourceRow& row : figures.rows) print_row(row, width, {});
    return;
  }
  std::vector<ResourceRow> added;
  for (const ResourceRow& row : figures.rows) {
    const ResourceChange comparison = compare_with(*baseline, row);
    counts.worse += comparison.change == Change::worse;
    counts.better += comparison.change == Change::better;
    counts.code += comparison.change == Change::code_alone;
    counts.added += comparison.change == Change::added;
    if (comparison.change == Change::added) added.push_back(row);
    print_row(row, width, comparison);
  }
  const std::vector<ResourceRow> gone = gone_rows(options, figures, *baseline);
  for (const ResourceRow& row : gone) {
    print_row(row, width, {Change::gone, "in the baseline, and no kernel now"});
  }
  counts.gone += static_cast<int>(gone.size());
  if (!figures.kokkos) return;
  for (std::string& words : renamed_functors(gone, added)) {
    counts.renamed.push_back(std::move(words));
  }
}

// Writes the baseline file. Rows of devices and kernels that were not read stay unchanged.
void update(const ResourcesArguments& options, const fs::path& file, const Figures& figures) {
  std::vector<ResourceRow> merged = figures.rows;
  for (const ResourceRow& row : read_baseline(file).value_or(std::vector<ResourceRow>{})) {
    const bool replaced = std::any_of(
        figures.rows.begin(), figures.rows.end(),
        [&](const ResourceRow& r) { return r.kernel == row.kernel && r.profile == row.profile; });
    if (!replaced && !looked_for(options, figures, row)) merged.push_back(row);
  }
  write_baseline(file, merged);
  fmt::print("wrote {}\n", file.string());
}

ExitCode report(const ResourcesArguments& options, const Session& session) {
  const fs::path beside = own_program().parent_path() / "device";
  const DeviceObjects list =
      read_device_objects(options.objects.empty() ? beside : fs::path(options.objects));
  for (const char* lane : {"missing_cuda", "missing_hip", "missing_rocm"}) {
    if (lane == std::string_view("missing_rocm") && options.code == "native") continue;
    const auto why = list.settings.find(lane);
    if (why != list.settings.end() && !why->second.empty()) {
      fmt::print("skipped: {}\n", why->second);
    }
  }
  const ChosenObjects objects = choose_objects(options, list);
  if (objects.native.empty() && objects.kokkos.empty()) {
    fmt::print("nothing compiled: no chosen kernel has a compiler for the chosen devices here\n");
    return ExitCode::nothing_ran;
  }
  if (!options.no_build && !build(options, list, objects)) {
    fmt::print("a kernel does not compile; see the compiler's message above\n");
    return ExitCode::incorrect;
  }
  const fs::path folder = options.baselines.empty() ? fs::path(list.settings.at("baselines"))
                                                    : fs::path(options.baselines);
  const auto all = read_figures(objects, list, folder, session);
  std::size_t rows = 0;
  for (const auto& [file, figures] : all) rows += figures.rows.size();
  if (rows == 0) return ExitCode::nothing_ran;

  if (options.update_baseline) {
    for (const auto& [file, figures] : all) {
      const std::size_t width = widest_name(figures.rows);
      for (const ResourceRow& row : figures.rows) print_row(row, width, {});
      update(options, file, figures);
    }
    return ExitCode::clean;
  }
  Counts sum;
  for (const auto& [file, figures] : all) compare_file(options, file, figures, sum);
  fmt::print(
      "{} kernels x targets: {} worse, {} better, {} with other code alone, {} new, {} gone\n",
      rows, sum.worse, sum.better, sum.code, sum.added, sum.gone);
  for (const std::string& words : sum.renamed) fmt::print("{}\n", words);
  if (sum.better + sum.code + sum.added + sum.gone != 0) {
    fmt::print(
        "The baseline differs from what is compiled now: rewrite it with --update-baseline, and "
        "commit it with the change that caused the difference.\n");
  }
  return sum.worse != 0 ? ExitCode::slower : ExitCode::clean;
}

}  // namespace

void add_resources_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "resources",
      "Registers, spills, scratch, LDS and occupancy of every native and Kokkos kernel and target");
  command->footer(
      "Compiles missing kernels; Kokkos kernels only with --code kokkos or if some are "
      "compiled\nalready. Exit code 3: a metric is worse than in the committed baseline.\n"
      "Example: kernelgate resources --device amd-gfx1100 --kernel top_k");
  auto options = std::make_shared<ResourcesArguments>();
  command->add_option("--device", options->devices, "Only these profiles (kernelgate devices)");
  command->add_option("--kernel", options->kernels, "Only these kernels");
  command->add_option("--code", options->code, "Only native kernels, or only Kokkos kernels")
      ->check(CLI::IsMember({"native", "kokkos"}));
  command->add_option("--baseline", options->baselines, "Folder of baselines (results/resources)");
  command->add_option("--objects", options->objects,
                      "Folder with objects.csv and settings.csv (beside the program: device)");
  command->add_flag("--update-baseline", options->update_baseline,
                    "Write the baseline of these compilers");
  command->add_flag("--no-build", options->no_build, "Report only on existing objects");
  command->callback([&session, options] {
    for (const std::string& device : options->devices) device_profile(device);
    session.end_with(report(*options, session));
  });
}

}  // namespace kernelgate
