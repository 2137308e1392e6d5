// The command line that makes a row again. A kernel's row has a case id; a row of the whole model
// has axes of its own, from which its command's options are read.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/records/record.hpp"

namespace kernelgate {
namespace {

/// "8b" of "model=8b,layers=40,…" for `name` "model"; empty where there is none.
std::string axis(const Record& record, std::string_view name) {
  const std::string axes = "," + record.axes + ",";
  const std::string lead = fmt::format(",{}=", name);
  const std::size_t at = axes.find(lead);
  if (at == std::string::npos) return {};
  const std::size_t from = at + lead.size();
  return axes.substr(from, axes.find(',', from) - from);
}

std::string model_option(const Record& record) {
  const std::string model = axis(record, "model");
  const bool file = model.find('/') != std::string::npos;
  return fmt::format(" --{} {}", file ? "checkpoint" : "model", model);
}

std::string kv_again(const Record& record) {
  return fmt::format("kernelgate kv{} --tokens {} --dtype {}", model_option(record),
                     axis(record, "tokens"), record.dtype);
}

/// Of a cell's name: pp512 gives --pp 512, tg16_b4_c2048 gives --tg 16 --batch 4 --context 2048.
std::string cell_options(std::string_view cell) {
  std::string options;
  while (!cell.empty()) {
    const std::string_view part = cell.substr(0, cell.find('_'));
    cell.remove_prefix(std::min(cell.size(), part.size() + 1));
    const std::size_t digits = std::min(part.find_first_of("0123456789"), part.size());
    const std::string_view key = part.substr(0, digits);
    const std::string_view name = key == "b" ? "batch" : key == "c" ? "context" : key;
    options += fmt::format(" --{} {}", name, part.substr(digits));
  }
  return options;
}

std::string throughput_again(const Record& record) {
  std::string line = "kernelgate throughput" + model_option(record);
  const std::string layers = axis(record, "layers");
  if (!layers.empty()) line += " --layers " + layers;
  if (!record.dtype.empty()) line += " --dtype " + record.dtype;
  line += fmt::format(" --backend {}", name(record.backend));
  const std::string quantised = axis(record, "quantise"), resident = axis(record, "resident");
  if (!quantised.empty()) {
    line += fmt::format(" --quantise {} --format {}", quantised, axis(record, "format"));
  }
  if (!resident.empty()) line += " --resident-experts " + resident;
  return line + cell_options(axis(record, "test"));
}

}  // namespace

std::string again(const Record& record) {
  if (record.row == RowKind::forward) return "kernelgate validate";
  if (record.row == RowKind::compare) {
    return fmt::format("kernelgate compare --baseline {} --candidate {} --case {} --seed {}",
                       record.baseline, record.environment.commit, record.id(),
                       record.order_seed.value_or(1));
  }
  if (record.kernel == "kv") return kv_again(record);
  if (record.kernel == "model") return throughput_again(record);
  const std::string_view command = record.row == RowKind::round ? "sample" : name(record.row);
  std::string line = fmt::format("kernelgate {} --case {}", command, record.id());
  if (record.row == RowKind::check && record.data) {
    line += fmt::format(" --data {}", name(*record.data));
  }
  if (record.seed) line += fmt::format(" --seed {}", *record.seed);
  if (!record.device.empty()) {
    line += fmt::format(" --backend {} --device {}", name(record.backend), record.device);
  }
  if (record.schedule_seed) line += fmt::format(" --schedule-seed {}", *record.schedule_seed);
  return line;
}

}  // namespace kernelgate
