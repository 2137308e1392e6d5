// Typed access to the keys of one JSON object. Every error is a BadInput naming file, key, the
// expected and the actual value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/notices.hpp"

namespace kernelgate::reference {

/// Parses a text; rejects duplicate keys and nesting deeper than 16. `file` is its name in
/// messages. Accepts NaN, Infinity and -Infinity, which Python writes, and reads a number too large
/// for a double as infinity.
nlohmann::json parse_json(std::string_view text, const std::string& file);

/// Treatment of false or null entries in lists of numbers, which layer lists of old configs
/// contain.
enum class NoValue { refused, zero };

class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string file, std::string path = "");

  bool has(const std::string& key) const;  // present and not null
  /// The first of `keys` that is present, or the last if none is. The keys state the same fact:
  /// each other one present with a different value adds a notice.
  std::string first_of(std::initializer_list<const char*> keys, Notices& notices) const;
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
  /// Whether both keys have the same value; absent and null are equal.
  bool same(const std::string& key, const JsonFields& other, const std::string& other_key) const;
  /// Whether the key's value is this number.
  bool states(const std::string& key, double number) const;
  bool is_list(const std::string& key) const;
  bool is_object(const std::string& key) const;
  bool is_text(const std::string& key) const;
  /// All entries, which must be strings.
  std::map<std::string, std::string> items() const;
  JsonFields object(const std::string& key) const;
  /// Length of a list with entries of any type.
  std::int64_t list_size(const std::string& key) const;
  /// A list of objects; each path includes its index, as in "added_tokens[3]".
  std::vector<JsonFields> objects(const std::string& key) const;
  /// All keys of this object.
  std::vector<std::string> keys() const;

  const std::string& file() const { return file_; }
  /// The value of a key as JSON, at most 60 characters; "nothing" if it is absent.
  std::string shown(const std::string& key) const;
  /// "KEY", or "OUTER.KEY" inside another object.
  std::string path_of(const std::string& key) const;

  /// Throws BadInput: "FILE: key 'KEY': expected EXPECTED, got VALUE".
  [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;

 private:
  const nlohmann::json& at(const std::string& key, const std::string& expected) const;

  const nlohmann::json* object_;
  std::string file_, path_;
};

}  // namespace kernelgate::reference
