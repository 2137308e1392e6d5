// Statements of a checkpoint about how it is to be run: generation_config.json and config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::reference {

/// Keys of one file, as transformers names them. Absent and null are the same.
struct RunStatement {
  std::vector<std::int32_t> eos;    // eos_token_id: a number or a list
  std::optional<std::int32_t> bos;  // bos_token_id
  std::map<std::string, double>
      sampling;  // temperature, top_p, top_k, min_p, where they are stated
};

/// Throws BadInput naming `file`, the key, what was expected and what was found.
RunStatement parse_run_statement(std::string_view text, const std::string& file);

/// The statement of FILE in a directory; empty if there is no such file.
RunStatement read_run_statement(const std::filesystem::path& directory, const std::string& file);

/// Ids that end a sequence, and the file that states them.
struct StopIds {
  std::vector<std::int32_t> ids;
  std::string source;   // "generation_config.json"; empty: no file states any
  std::string differs;  // "config.json has 1": another file that states other ids; or empty
};

/// generation_config.json first, then config.json, as transformers' generate() has it.
StopIds read_stop_ids(const std::filesystem::path& directory);

}  // namespace kernelgate::reference
