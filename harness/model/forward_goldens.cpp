#include "harness/model/forward_goldens.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/core/csv_table.hpp"
#include "reference/checkpoint.hpp"
#include "reference/model.hpp"
#include "reference/safetensors.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

const std::vector<std::int32_t> golden_ids = {2,   39,  76,  113, 150, 113,
                                              224, 261, 298, 335, 372, 409};
// Two f32 implementations of the whole model differ by at most this in any logit (docs/model.md).
constexpr double allowed_between_engines = 1e-4;

/// One printed value and its position.
struct Golden {
  std::string quantity, value;
  std::int64_t token = 0, entry = 0;
};

Record blank(const std::string& run_id, std::string axes, std::string dtype) {
  Record record = start_record(RowKind::forward, run_id);
  record.kernel = "model";
  record.variant = "reference";
  record.backend = Backend::reference;
  record.axes = std::move(axes);
  record.dtype = std::move(dtype);
  record.checked = 0;
  record.worst_error_ratio = 0;
  return record;
}

// Adds one comparison to the row; the first one above `allowed` sets the row's message.
void compare(Record& record, const std::string& what, double got, double expected, double allowed) {
  *record.checked += 1;
  const double ratio = std::abs(got - expected) / allowed;
  *record.worst_error_ratio = std::max(*record.worst_error_ratio, ratio);
  if (ratio <= 1) return;
  if (record.status == Status::passed) {
    record.message = fmt::format("{}: got {:.9g}, expected {:.9g}, allowed {:.2g}", what, got,
                                 expected, allowed);
  }
  record.status = Status::incorrect;
}

double quantity_of(const reference::Logits& logits, const Golden& golden) {
  if (golden.quantity == "argmax") return logits.argmax(0, golden.token);
  if (golden.quantity == "logit") {
    return logits.at(0, golden.token)[static_cast<std::size_t>(golden.entry)];
  }
  double sum = 0;
  for (const double x : logits.values) sum += golden.quantity == "sum" ? x : x * x;
  return sum;
}

double half_last_digit(const std::string& value) {
  const std::size_t point = value.find('.');
  const double digits =
      point == std::string::npos ? 0 : static_cast<double>(value.size() - point - 1);
  return 0.5 * std::pow(10, -digits) * (1 + 1e-9);
}

using Goldens = std::map<std::pair<std::string, std::string>, std::vector<Golden>>;

Goldens read_goldens(const fs::path& file) {
  Goldens goldens;
  const auto number = [](const CsvRow& row, std::size_t column) {
    return row[column].empty() ? 0 : row.number(column);
  };
  read_csv_file(
      file, {"model", "skip", "quantity", "token", "entry", "value"}, [&](const CsvRow& row) {
        goldens[{row[0], row[1]}].push_back({row[2], row[5], number(row, 3), number(row, 4)});
      });
  return goldens;
}

Record judge_synthetic(const std::string& name, const std::string& skip,
                       const std::vector<Golden>& goldens, const std::string& run_id) {
  Record record = blank(run_id, fmt::format("model={},skip={},precision=f64", name, skip), "f64");
  reference::SyntheticModel synthetic = reference::synthetic_model(name);
  const reference::Model model(std::move(synthetic.config), std::move(synthetic.weights),
                               reference::Precision::f64(), reference::parse_skip_rule(skip));
  reference::State state = model.empty_state(1);
  const reference::Logits logits = model.forward(reference::TokenBatch::single(golden_ids), state);
  for (const Golden& golden : goldens) {
    compare(record,
            fmt::format("{} of token {} entry {}", golden.quantity, golden.token, golden.entry),
            quantity_of(logits, golden), std::stod(golden.value), half_last_digit(golden.value));
  }
  record.total = record.checked;
  return record;
}

Record judge_checkpoint(const fs::path& directory, const std::string& run_id) {
  Record record = blank(
      run_id, fmt::format("checkpoint={},precision=f32", directory.filename().string()), "f32");
  std::ifstream in(directory / "expected.json");
  const nlohmann::json about = nlohmann::json::parse(in);
  const reference::TensorMap expected =
      reference::read_safetensors(directory / "expected.safetensors");
  reference::Checkpoint checkpoint = reference::load_checkpoint(directory);
  const reference::Model model(
      std::move(checkpoint.config), std::move(checkpoint.weights), reference::Precision::f32(),
      reference::parse_skip_rule(about.at("skip_expert").get<std::string>()));
  reference::State state = model.empty_state(1);
  const auto ids = about.at("input_ids").get<std::vector<std::int32_t>>();
  const reference::Logits logits = model.forward(reference::TokenBatch::single(ids), state);
  const Values& want = expected.tensors.at("logits").values;
  record.total = want.size();
  for (std::int64_t i = 0;
       i < std::min(want.size(), static_cast<std::int64_t>(logits.values.size())); ++i) {
    compare(record, fmt::format("logit {}", i), logits.values[static_cast<std::size_t>(i)], want[i],
            allowed_between_engines);
  }
  if (*record.checked != *record.total) record.status = Status::incorrect;
  return record;
}

}  // namespace

void run_forward_goldens(const fs::path& root, const std::string& run_id,
                         const std::function<void(const Record&)>& done) {
  const fs::path goldens = root / "reference" / "goldens.csv";
  const fs::path outside = root / "tests" / "oracle" / "data";
  if (!fs::exists(goldens) && !fs::is_directory(outside)) {
    throw BadInput(fmt::format("no goldens of the model under {}: expected {} or {}", root.string(),
                               goldens.string(), outside.string()));
  }
  if (fs::exists(goldens)) {
    for (const auto& [key, list] : read_goldens(goldens)) {
      done(judge_synthetic(key.first, key.second, list, run_id));
    }
  }
  if (!fs::is_directory(outside)) return;
  std::vector<fs::path> directories;
  for (const auto& entry : fs::directory_iterator(outside)) {
    if (fs::exists(entry.path() / "expected.json")) directories.push_back(entry.path());
  }
  std::sort(directories.begin(), directories.end());
  for (const fs::path& directory : directories) done(judge_checkpoint(directory, run_id));
}

}  // namespace kernelgate
