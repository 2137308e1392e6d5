// Generation settings stated by a checkpoint in generation_config.json and config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::reference {

/// The keys of one file that transformers' generate() reads. Absent and null are equivalent. A key
/// is validated only when it is requested, so an unused key cannot cause a rejection.
class RunStatement {
 public:
  /// A statement without keys.
  RunStatement() = default;
  /// Throws BadInput naming `file` if the text is not a JSON object.
  RunStatement(std::string_view text, std::string file);

  /// eos_token_id: a number or a list. Throws BadInput naming file and key for anything else.
  std::vector<std::int32_t> eos() const;
  /// bos_token_id if it is a valid id.
  std::optional<std::int32_t> bos() const;
  /// Any key as JSON; null if it is absent.
  nlohmann::json value(const std::string& key) const;

 private:
  nlohmann::json object_ = nlohmann::json::object();
  std::string file_;
};

/// The statements of generation_config.json and config.json of one checkpoint.
struct RunStatements {
  RunStatement generation, config;
};

/// Reads both files; a missing file is treated as having no keys.
RunStatements read_run_statements(const std::filesystem::path& directory);

/// Ids that end a sequence, and the file that states them.
struct StopIds {
  std::vector<std::int32_t> ids;
  std::string source;   // "generation_config.json"; empty: stated by no file
  std::string differs;  // "config.json has 1": another file that states other ids; otherwise empty
};

/// generation_config.json takes precedence over config.json, as in transformers' generate().
StopIds stop_ids(const RunStatements& statements);

}  // namespace kernelgate::reference
