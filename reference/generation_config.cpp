#include "reference/generation_config.hpp"

#include <algorithm>

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

RunStatement parse_run_statement(std::string_view text, const std::string& file) {
  const nlohmann::json parsed = parse_json(text, file);
  const JsonFields json(parsed, file);
  RunStatement statement;
  statement.eos = ids_of(json, "eos_token_id");
  if (json.has("bos_token_id")) {
    statement.bos = static_cast<std::int32_t>(json.whole("bos_token_id", 0, max_id));
  }
  for (const char* key : {"temperature", "top_p", "top_k", "min_p"}) {
    if (const auto value = json.number(key)) statement.sampling[key] = *value;
  }
  return statement;
}

RunStatement read_run_statement(const std::filesystem::path& directory, const std::string& file) {
  const std::filesystem::path path = directory / file;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const MappedFile mapped(path);
  return parse_run_statement(mapped.text(), path.string());
}

StopIds read_stop_ids(const std::filesystem::path& directory) {
  StopIds stop;
  for (const char* file : {"generation_config.json", "config.json"}) {
    const std::vector<std::int32_t> ids = read_run_statement(directory, file).eos;
    if (ids.empty()) continue;
    if (stop.source.empty()) {
      stop.ids = ids;
      stop.source = file;
    } else if (!std::is_permutation(ids.begin(), ids.end(), stop.ids.begin(), stop.ids.end())) {
      stop.differs = std::string(file) + " has " + listed(ids);
    }
  }
  return stop;
}

}  // namespace kernelgate::reference
