// Builds the reproduction command of a row. A kernel's row has a case id. A row of the whole model
// has other axes; its command's options are derived from them if the row has no options.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/shell.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/records/record.hpp"

namespace kernelgate {
namespace {

using Words = std::vector<std::string>;

void add(Words& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

/// "8b" of "model=8b,layers=40,…" for `name` "model"; empty where there is none.
std::string axis(const Record& record, std::string_view name) {
  const std::string axes = "," + record.axes + ",";
  const std::string lead = fmt::format(",{}=", name);
  const std::size_t at = axes.find(lead);
  if (at == std::string::npos) return {};
  const std::size_t from = at + lead.size();
  return axes.substr(from, axes.find(',', from) - from);
}

void add_model(Words& words, const Record& record) {
  const std::string model = axis(record, "model");
  const bool file = model.find('/') != std::string::npos;
  add(words, {file ? "--checkpoint" : "--model", model});
}

/// Options of a cell: pp512 gives --pp 512, tg16_b4_c2048 gives --tg 16 --batch 4 --context 2048.
void add_cell(Words& words, std::string_view cell) {
  while (!cell.empty()) {
    const std::string_view part = cell.substr(0, cell.find('_'));
    cell.remove_prefix(std::min(cell.size(), part.size() + 1));
    const std::size_t digits = std::min(part.find_first_of("0123456789"), part.size());
    const std::string_view key = part.substr(0, digits);
    const std::string_view name = key == "b" ? "batch" : key == "c" ? "context" : key;
    add(words, {fmt::format("--{}", name), std::string(part.substr(digits))});
  }
}

// Rows of schemas before 4 have their options only in the axes.
Words kv_words(const Record& record) {
  Words words;
  add_model(words, record);
  add(words, {"--tokens", axis(record, "tokens"), "--dtype", record.dtype});
  return words;
}

Words throughput_words(const Record& record) {
  Words words;
  add_model(words, record);
  const std::string layers = axis(record, "layers");
  if (!layers.empty()) add(words, {"--layers", layers});
  if (!record.dtype.empty()) add(words, {"--dtype", record.dtype});
  add(words, {"--backend", std::string(name(record.backend))});
  const std::string quantised = axis(record, "quantise"), resident = axis(record, "resident");
  if (!quantised.empty()) {
    add(words, {"--quantise", quantised, "--format", axis(record, "format")});
  }
  if (!resident.empty()) add(words, {"--resident-experts", resident});
  add_cell(words, axis(record, "test"));
  return words;
}

Words compare_words(const Record& record) {
  return {"--baseline", record.baseline, "--candidate", record.environment.commit};
}

Words case_words(const Record& record) {
  Words words{"--case", record.id()};
  if (record.row == RowKind::check && record.data) {
    add(words, {"--data", std::string(name(*record.data))});
  }
  if (record.seed) add(words, {"--seed", std::to_string(*record.seed)});
  if (record.cache == CacheMode::hot) add(words, {"--cache", "hot"});
  if (!record.device.empty()) {
    add(words, {"--backend", std::string(name(record.backend)), "--device", record.device});
  }
  if (record.schedule_seed) {
    add(words, {"--schedule-seed", std::to_string(*record.schedule_seed)});
  }
  return words;
}

std::string line(std::string_view command, const std::string& options, const Words& words) {
  std::string text = fmt::format("kernelgate {}", command);
  if (!options.empty()) text += " " + options;
  if (!words.empty()) text += " " + shell_line(words);
  return text;
}

/// Rows since schema 4 store all their options; those of older rows are derived from other columns.
std::string whole_line(std::string_view command, const Record& record, const Words& older) {
  return line(command, record.options, record.options.empty() ? older : Words{});
}

}  // namespace

std::string repro_command(const Record& record) {
  if (record.row == RowKind::forward) return line("validate", record.options, {});
  if (record.row == RowKind::compare) {
    return whole_line("compare", record, compare_words(record)) + " " +
           shell_line(Words{"--case", record.id(), "--seed",
                            std::to_string(record.order_seed.value_or(1))});
  }
  if (role_of(record.variant) == VariantRole::engine) {
    // Rows of older schemas do not contain the file that was checked.
    return record.options.empty() ? std::string() : line("vectors check", record.options, {});
  }
  if (record.kernel == "kv") return whole_line("kv", record, kv_words(record));
  if (record.kernel == "model") return whole_line("throughput", record, throughput_words(record));
  const std::string_view command = record.row == RowKind::round ? "sample" : name(record.row);
  return line(command, record.options, case_words(record));
}

void add_options(Record& record, std::span<const std::string> words) {
  if (words.empty()) return;
  if (!record.options.empty()) record.options += ' ';
  record.options += shell_line(words);
}

}  // namespace kernelgate
