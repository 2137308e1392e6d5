#include "harness/timing/benchmark_json.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "harness/core/error.hpp"
#include "harness/core/output_file.hpp"

namespace kernelgate {
namespace {

using Json = nlohmann::json;

std::string taken_value(std::vector<std::string>& flags, std::string_view flag) {
  std::string value;
  std::erase_if(flags, [&](const std::string& word) {
    const bool is = word.starts_with(flag);
    if (is) value = word.substr(flag.size());
    return is;
  });
  return value;
}

Json stored(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (text.empty()) return nullptr;
  const Json json = Json::parse(text, nullptr, false);
  const bool good =
      json.is_object() && json.contains("benchmarks") && json["benchmarks"].is_array();
  if (!good) throw BadInput(fmt::format("{}: expected Google Benchmark's JSON of this run", file));
  return json;
}

}  // namespace

struct BenchmarkJson::Parts {
  std::ostringstream text;
  benchmark::JSONReporter reporter;
};

BenchmarkJson::BenchmarkJson() = default;
BenchmarkJson::~BenchmarkJson() = default;

BenchmarkJson& BenchmarkJson::of_process() {
  static BenchmarkJson json;
  return json;
}

void BenchmarkJson::take_flags(std::vector<std::string>& flags) {
  const std::string format = taken_value(flags, "--benchmark_out_format=");
  if (!format.empty() && format != "json") {
    throw BadInput(fmt::format(
        "--benchmark_out_format: expected json, got '{}': --records writes CSV", format));
  }
  file_ = taken_value(flags, "--benchmark_out=");
}

void BenchmarkJson::start_file(std::vector<std::string> flags) {
  const std::string file = taken_value(flags, "--benchmark_out=");
  if (!file.empty()) write_whole_file(file, "");
}

benchmark::BenchmarkReporter* BenchmarkJson::reporter() {
  if (file_.empty()) return nullptr;
  parts_ = std::make_unique<Parts>();
  parts_->reporter.SetOutputStream(&parts_->text);
  parts_->reporter.SetErrorStream(&parts_->text);
  return &parts_->reporter;
}

void BenchmarkJson::write() {
  if (parts_ == nullptr) return;
  const Json runs = Json::parse(parts_->text.str(), nullptr, false);
  parts_.reset();
  if (!runs.is_object()) throw BadInput(fmt::format("{}: the library wrote no JSON", file_));
  Json all = stored(file_);
  if (all.is_null()) {
    all = runs;
  } else {
    for (const Json& run : runs.at("benchmarks")) all["benchmarks"].push_back(run);
  }
  write_whole_file(file_, all.dump(2) + "\n");
}

}  // namespace kernelgate
