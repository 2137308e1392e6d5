#include "harness/support/support_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "harness/report/unsupported_reasons.hpp"
#include "harness/support/launches.hpp"

namespace kernelgate {
namespace {

bool on_gpu(const Record& row) {
  return row.backend == Backend::cuda || row.backend == Backend::hip;
}

/// Whether every row so far passed.
struct Verdict {
  bool passed = true;
  void add(const Record& row) { passed = passed && row.status == Status::passed; }
};

/// The same for one launch, with the devices on which it ran.
struct LaunchVerdict : Verdict {
  std::set<std::string> devices;
};

/// The rows of one variant on one case.
struct CaseRows {
  std::unique_ptr<Case> shape;
  std::vector<const Record*> rows;
};

// The text of a reason, without the parts that differ between devices and types.
std::string common_words(std::string reason, const Record& of, const std::string& device) {
  Record row;
  row.dtype = of.dtype;
  row.message = std::move(reason);
  std::string words = reason_of(row);
  for (std::size_t at = 0; (at = words.find(device, at)) != std::string::npos; at += 6) {
    words.replace(at, device.size(), "DEVICE");
  }
  return words;
}

/// Adds one case to the row of its variant.
class CaseCount {
 public:
  CaseCount(SupportRow& row, const CaseRows& of)
      : row_(row), of_(of), answers_(launches(*row.variant, *of.shape)) {
    for (const Record* record : of.rows) {
      if (record->status == Status::unsupported || record->device.empty()) continue;
      const std::size_t on = device_index(device_profile(record->device));
      if (on_gpu(*record)) {
        measured_[on].add(*record);
      } else if (!answers_[on].unsupported_reason) {
        LaunchVerdict& verdict = by_launch_[answers_[on].instance];
        verdict.add(*record);
        verdict.devices.insert(record->device);
      }
    }
  }

  void add() {
    const bool taken = std::any_of(answers_.begin(), answers_.end(), [](const Launchable& answer) {
      return !answer.unsupported_reason;
    });
    if (!taken) {
      ++row_.refused_everywhere[words(0)];
      return;
    }
    ++row_.cases;
    for (std::size_t on = 0; on < answers_.size(); ++on) add_to(row_.cells[on], on);
  }

 private:
  std::string words(std::size_t on) const {
    return common_words(*answers_[on].unsupported_reason, *of_.rows.front(),
                        device_profiles()[on].name);
  }

  void add_to(SupportCell& cell, std::size_t on) {
    if (const auto at = measured_.find(on); at != measured_.end()) {
      ++(at->second.passed ? cell.measured : cell.measured_failed);
      if (at->second.passed) row_.types.insert(of_.rows.front()->dtype);
    }
    if (answers_[on].unsupported_reason) {
      ++cell.refused;
      cell.reasons.insert(words(on));
      return;
    }
    cell.instances.merge(entries_in(answers_[on].instance));
    const auto at = by_launch_.find(answers_[on].instance);
    if (at == by_launch_.end()) {
      ++cell.not_run;
      return;
    }
    ++(at->second.passed ? cell.passed : cell.failed);
    if (!at->second.devices.contains(device_profiles()[on].name)) {
      ++cell.covered;
      cell.covered_failed += !at->second.passed;
      cell.covered_by.insert(at->second.devices.begin(), at->second.devices.end());
    }
    if (at->second.passed) row_.types.insert(of_.rows.front()->dtype);
  }

  SupportRow& row_;
  const CaseRows& of_;
  std::vector<Launchable> answers_;
  std::map<std::string, LaunchVerdict> by_launch_;  // of executors
  std::map<std::size_t, Verdict> measured_;         // by profile
};

// Selects the determinism test per wave width, over all cases and devices: a failed one if any,
// else the one with the most schedules.
void add_determinism_claims(SupportRow& row, const std::string& axes, const CaseRows& of) {
  struct Repeats {
    std::set<std::uint64_t> schedules;
    Verdict verdict;
  };
  std::map<std::string, Repeats> by_device;
  for (const Record* record : of.rows) {
    const bool counts = on_executor(*record) && record->data == DataMode::real &&
                        record->schedule_seed && record->status != Status::unsupported;
    if (!counts) continue;
    Repeats& repeats = by_device[record->device];
    repeats.schedules.insert(*record->schedule_seed);
    repeats.verdict.add(*record);
  }
  for (const auto& [device, repeats] : by_device) {
    DeterminismClaimTest& best = row.determinism_claims[device_profile(device).wave];
    const auto schedules = static_cast<std::int64_t>(repeats.schedules.size());
    const bool worse = best.agreed && !repeats.verdict.passed;
    if (worse || (schedules > best.schedules && best.agreed == repeats.verdict.passed)) {
      best = {axes, device, schedules, repeats.verdict.passed};
    }
  }
}

void count_compiled(SupportRow& row, std::span<const ResourceRow> compiled) {
  for (std::size_t on = 0; on < row.cells.size(); ++on) {
    SupportCell& cell = row.cells[on];
    cell.compiled = std::count_if(
        cell.instances.begin(), cell.instances.end(), [&](const std::string& instance) {
          return std::any_of(compiled.begin(), compiled.end(), [&](const ResourceRow& r) {
            return r.profile == device_profiles()[on].name && r.kernel == instance;
          });
        });
  }
}

}  // namespace

std::set<std::string> entries_in(std::string_view instance) {
  std::set<std::string> names;
  while (!instance.empty()) {
    names.emplace(instance.substr(0, instance.find(' ')));
    const std::size_t next = instance.find(", ");
    instance.remove_prefix(next == std::string_view::npos ? instance.size() : next + 2);
  }
  return names;
}

std::vector<SupportRow> support_table(const Registry& registry, std::span<const Record> records,
                                      std::span<const ResourceRow> compiled) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, CaseRows>> cases;
  for (const Record& record : records) {
    if (record.row != RowKind::check || !(on_executor(record) || on_gpu(record))) continue;
    const Kernel& kernel = registry.find(record.kernel);
    if (kernel.find_variant(record.variant) == nullptr) {
      throw BadInput(fmt::format("records name {}/{}, which this build does not have",
                                 record.kernel, record.variant));
    }
    CaseRows& of = cases[{record.kernel, record.variant}][record.axes];
    if (!of.shape) of.shape = kernel.parse(record.axes);
    of.rows.push_back(&record);
  }
  std::vector<SupportRow> table;
  for (const Kernel& kernel : registry.kernels()) {
    for (const Variant& variant : kernel.variants) {
      if (!variant.native || kernel.find_variant(variant.name) != &variant) continue;
      SupportRow row;
      row.kernel = kernel.name;
      row.variant = &variant;
      row.cells.resize(device_profiles().size());
      for (const auto& [axes, of] : cases[{kernel.name, variant.name}]) {
        CaseCount(row, of).add();
        add_determinism_claims(row, axes, of);
      }
      count_compiled(row, compiled);
      table.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace kernelgate
