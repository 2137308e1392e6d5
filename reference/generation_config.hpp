// Statements of a checkpoint about how it is to be run: generation_config.json and config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::reference {

/// The keys of one file that transformers' generate() reads. Absent and null are the same. A key is
/// looked at only when it is asked for, so that one that is not used cannot refuse the file.
class RunStatement {
 public:
  /// States nothing.
  RunStatement() = default;
  /// Throws BadInput naming `file` for a text that is no JSON object.
  RunStatement(std::string_view text, std::string file);

  /// eos_token_id: a number or a list. Throws BadInput naming file and key for anything else.
  std::vector<std::int32_t> eos() const;
  /// bos_token_id, if it is an id.
  std::optional<std::int32_t> bos() const;
  /// Any key as JSON; null if it is absent.
  nlohmann::json value(const std::string& key) const;

 private:
  nlohmann::json object_ = nlohmann::json::object();
  std::string file_;
};

/// generation_config.json and config.json of one checkpoint.
struct RunStatements {
  RunStatement generation, config;
};

/// A file that is not there states nothing.
RunStatements read_run_statements(const std::filesystem::path& directory);

/// Ids that end a sequence, and the file that states them.
struct StopIds {
  std::vector<std::int32_t> ids;
  std::string source;   // "generation_config.json"; empty: no file states any
  std::string differs;  // "config.json has 1": another file that states other ids; or empty
};

/// generation_config.json first, then config.json, as transformers' generate() has it.
StopIds stop_ids(const RunStatements& statements);

}  // namespace kernelgate::reference
