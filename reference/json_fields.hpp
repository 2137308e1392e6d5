// Typed reading of one JSON object's keys. Whatever is wrong is a BadInput that names file, key,
// what was found and what was expected.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::reference {

/// Parses a text; refuses duplicate keys and nesting deeper than 16. `file` names it in messages.
nlohmann::json parse_json(std::string_view text, const std::string& file);

/// What an entry false or null of a list of numbers is. Layer lists of old configs have such.
enum class NoValue { refused, zero };

class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string file, std::string path = "");

  bool has(const std::string& key) const;  // present and not null
  std::int64_t whole(const std::string& key, std::int64_t least, std::int64_t most) const;
  std::int64_t whole_or(const std::string& key, std::int64_t least, std::int64_t most,
                        std::int64_t otherwise) const;
  double positive(const std::string& key) const;  // finite and above 0
  double positive_or(const std::string& key, double otherwise) const;
  bool flag_or(const std::string& key, bool otherwise) const;
  std::string text(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  std::vector<std::int64_t> wholes(const std::string& key, std::int64_t least, std::int64_t most,
                                   NoValue none = NoValue::refused) const;
  bool is_list(const std::string& key) const;
  /// All entries, which must be texts.
  std::map<std::string, std::string> items() const;
  JsonFields object(const std::string& key) const;

  /// Throws BadInput: "FILE: key 'KEY': expected EXPECTED, got VALUE".
  [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;

 private:
  const nlohmann::json& at(const std::string& key, const std::string& expected) const;

  const nlohmann::json* object_;
  std::string file_, path_;
};

}  // namespace kernelgate::reference
