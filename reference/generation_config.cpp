#include "reference/generation_config.hpp"

#include <algorithm>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/json_fields.hpp"
#include "reference/mapped_file.hpp"

namespace kernelgate::reference {

namespace {

constexpr std::int64_t max_id = INT32_MAX;

std::vector<std::int32_t> ids_of(const JsonFields& json, const std::string& key) {
  if (!json.has(key)) return {};
  std::vector<std::int32_t> ids;
  const std::vector<std::int64_t> wide =
      json.is_list(key) ? json.wholes(key, 0, max_id)
                        : std::vector<std::int64_t>{json.whole(key, 0, max_id)};
  for (const std::int64_t id : wide) {
    const auto narrow = static_cast<std::int32_t>(id);
    if (std::find(ids.begin(), ids.end(), narrow) == ids.end()) ids.push_back(narrow);
  }
  return ids;
}

std::string listed(const std::vector<std::int32_t>& ids) {
  std::string text;
  for (const std::int32_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

}  // namespace

RunStatement::RunStatement(std::string_view text, std::string file)
    : object_(parse_json(text, file)), file_(std::move(file)) {
  const JsonFields object_expected(object_, file_);
}

std::vector<std::int32_t> RunStatement::eos() const {
  return ids_of(JsonFields(object_, file_), "eos_token_id");
}

std::optional<std::int32_t> RunStatement::bos() const {
  const nlohmann::json id = value("bos_token_id");
  if (!id.is_number_integer()) return std::nullopt;
  const auto number = id.get<std::int64_t>();
  if (number < 0 || number > max_id) return std::nullopt;
  return static_cast<std::int32_t>(number);
}

nlohmann::json RunStatement::value(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nlohmann::json() : *found;
}

RunStatements read_run_statements(const std::filesystem::path& directory) {
  const auto read = [&](const char* file) -> RunStatement {
    const std::filesystem::path path = directory / file;
    if (!is_there(path)) return {};
    const MappedFile mapped(path);
    return {mapped.text(), path.string()};
  };
  return {read("generation_config.json"), read("config.json")};
}

StopIds stop_ids(const RunStatements& statements) {
  StopIds stop{statements.generation.eos(), "generation_config.json", {}};
  const std::vector<std::int32_t> other = statements.config.eos();
  if (stop.ids.empty()) return {other, other.empty() ? "" : "config.json", {}};
  if (!other.empty() &&
      !std::is_permutation(other.begin(), other.end(), stop.ids.begin(), stop.ids.end())) {
    stop.differs = "config.json has " + listed(other);
  }
  return stop;
}

}  // namespace kernelgate::reference
