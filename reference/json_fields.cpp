#include "reference/json_fields.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/file_kind.hpp"

namespace kernelgate::reference {

using nlohmann::json;

namespace {

// Python writes Infinity, -Infinity and NaN, which JSON lacks, and reads 1e999 as infinity. Such
// numbers are passed to the parser as strings that begin with this mark and converted back after
// parsing. JSON strings cannot contain U+0001 unescaped, and no key or value of a config uses it.
constexpr std::string_view mark = "\x01kernelgate non-finite number ";
constexpr std::string_view escaped_mark = "\\u0001kernelgate non-finite number ";

bool is_of_number(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

/// Removes digits from the front; false if there are none.
bool take_digits(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits > 0;
}

/// Whether the text matches JSON's number grammar (RFC 8259, section 6).
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (!take_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return take_digits(text) && text.empty();
}

/// "NaN", "Infinity" or "-Infinity" if the token is one of them or overflows a double; empty
/// otherwise.
std::string_view non_finite(std::string_view token) {
  for (const std::string_view name : {"NaN", "Infinity", "-Infinity"}) {
    if (token == name) return name;
  }
  const bool may_overflow = token.size() > 300 || token.find_first_of("eE") != token.npos;
  if (!may_overflow || !is_json_number(token)) return {};
  const double value = std::strtod(std::string(token).c_str(), nullptr);
  if (std::isfinite(value)) return {};
  return value < 0 ? "-Infinity" : "Infinity";
}

/// The text with each non-finite number replaced by a marked string; empty if there is none.
std::string with_marked_numbers(std::string_view text) {
  std::string marked;
  std::size_t copied = 0;
  bool inside = false;  // a quoted string
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (inside || !is_of_number(c)) {
      if (c == '"') inside = !inside;
      at += inside && c == '\\' ? 2 : 1;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_of_number(text[end])) ++end;
    const std::string_view value = non_finite(text.substr(at, end - at));
    if (!value.empty()) {
      marked += text.substr(copied, at - copied);
      marked += '"' + std::string(escaped_mark) + std::string(value) + '"';
      copied = end;
    }
    at = end;
  }
  if (copied > 0) marked += text.substr(copied);
  return marked;
}

void unmark(json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (!text.starts_with(mark)) return;
  const std::string_view name = std::string_view(text).substr(mark.size());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  value = name == "NaN"        ? std::numeric_limits<double>::quiet_NaN()
          : name == "Infinity" ? infinity
                               : -infinity;
}

/// dump(), except that it writes non-finite numbers by name instead of null.
std::string dumped(const json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    const double number = value.get<double>();
    return std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  }
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace

json parse_json(std::string_view text, const std::string& file) {
  constexpr int deepest = 16;
  std::vector<std::set<std::string>> keys;  // of every object that is open
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > deepest)
      throw BadInput(file + ": expected JSON nested at most 16 deep, got deeper");
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key &&
        parsed.get_ref<const std::string&>().starts_with(mark)) {
      throw BadInput(file + ": expected JSON, got a key that is a number");
    }
    if (event == json::parse_event_t::key &&
        !keys.back().insert(parsed.get<std::string>()).second) {
      throw BadInput(file + ": key '" + parsed.get<std::string>() + "' occurs twice");
    }
    if (event == json::parse_event_t::value && parsed.is_string()) unmark(parsed);
    return true;
  };
  try {
    const std::string marked = with_marked_numbers(text);
    return json::parse(marked.empty() ? text : std::string_view(marked), watch);
  } catch (const json::exception& e) {
    const std::string kind = describe_wrong_kind(text, FileKind::json);
    if (!kind.empty()) throw BadInput(file + ": expected JSON, got " + kind);
    const std::string why = e.what();  // may quote a text as long as the file
    throw BadInput(
        file + ": expected JSON, got: " + (why.size() > 200 ? why.substr(0, 200) + "..." : why));
  }
}

JsonFields::JsonFields(const json& object, std::string file, std::string path)
    : object_(&object), file_(std::move(file)), path_(std::move(path)) {
  if (!object.is_object()) {
    throw BadInput(file_ + ": expected a JSON object" +
                   (path_.empty() ? "" : " at key '" + path_ + "'") + ", got " +
                   object.type_name());
  }
}

bool JsonFields::has(const std::string& key) const {
  const auto found = object_->find(key);
  return found != object_->end() && !found->is_null();
}

std::string JsonFields::first_of(std::initializer_list<const char*> keys, Notices& notices) const {
  const char* used = nullptr;
  for (const char* key : keys) {
    if (!has(key)) continue;
    if (used == nullptr) {
      used = key;
    } else if (!same(key, *this, used)) {
      notices.push_back(file_ + ": key '" + path_of(used) + "' is " + shown(used) + " and key '" +
                        path_of(key) + "' is " + shown(key) + "; '" + path_of(used) + "' is used");
    }
  }
  return used == nullptr ? *std::prev(keys.end()) : used;
}

bool JsonFields::same(const std::string& key, const JsonFields& other,
                      const std::string& other_key) const {
  if (!has(key) || !other.has(other_key)) return !has(key) && !other.has(other_key);
  return (*object_)[key] == (*other.object_)[other_key];
}

std::string JsonFields::shown(const std::string& key) const {
  const auto found = object_->find(key);
  if (found == object_->end()) return "nothing";
  const std::string text = dumped(*found);
  return text.size() > 60 ? text.substr(0, 60) + "..." : text;
}

std::string JsonFields::path_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void JsonFields::refuse(const std::string& key, const std::string& expected) const {
  throw BadInput(file_ + ": key '" + path_of(key) + "': expected " + expected + ", got " +
                 shown(key));
}

const json& JsonFields::at(const std::string& key, const std::string& expected) const {
  if (!has(key)) refuse(key, expected);
  return (*object_)[key];
}

namespace {

std::optional<std::int64_t> whole_number(const json& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
    return std::nullopt;
  }
  const auto number = value.get<std::int64_t>();
  if (number < least || number > most) return std::nullopt;
  return number;
}

std::string range(std::int64_t least, std::int64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

std::int64_t JsonFields::whole(const std::string& key, std::int64_t least,
                               std::int64_t most) const {
  const auto number = whole_number(at(key, range(least, most)), least, most);
  if (!number) refuse(key, range(least, most));
  return *number;
}

std::int64_t JsonFields::whole_or(const std::string& key, std::int64_t least, std::int64_t most,
                                  std::int64_t otherwise) const {
  return has(key) ? whole(key, least, most) : otherwise;
}

double JsonFields::positive(const std::string& key) const {
  const json& value = at(key, "a number above 0");
  if (!value.is_number()) refuse(key, "a number above 0");
  const double number = value.get<double>();
  if (!(number > 0) || !std::isfinite(number)) refuse(key, "a number above 0");
  return number;
}

double JsonFields::positive_or(const std::string& key, double otherwise) const {
  return has(key) ? positive(key) : otherwise;
}

bool JsonFields::flag_or(const std::string& key, bool otherwise) const {
  if (!has(key)) return otherwise;
  if (!(*object_)[key].is_boolean()) refuse(key, "true or false");
  return (*object_)[key].get<bool>();
}

std::string JsonFields::text(const std::string& key) const {
  const json& value = at(key, "a text");
  if (!value.is_string()) refuse(key, "a text");
  return value.get<std::string>();
}

bool JsonFields::states(const std::string& key, double number) const {
  return has(key) && (*object_)[key].is_number() && (*object_)[key].get<double>() == number;
}

bool JsonFields::is_list(const std::string& key) const {
  return has(key) && (*object_)[key].is_array();
}

bool JsonFields::is_object(const std::string& key) const {
  return has(key) && (*object_)[key].is_object();
}

bool JsonFields::is_text(const std::string& key) const {
  return has(key) && (*object_)[key].is_string();
}

std::vector<std::string> JsonFields::texts(const std::string& key) const {
  const std::string expected = "a list of texts";
  const json& list = at(key, expected);
  if (!list.is_array()) refuse(key, expected);
  std::vector<std::string> all;
  for (const json& value : list) {
    if (!value.is_string()) refuse(key, expected);
    all.push_back(value.get<std::string>());
  }
  return all;
}

std::vector<std::int64_t> JsonFields::wholes(const std::string& key, std::int64_t least,
                                             std::int64_t most, NoValue none) const {
  const std::string expected =
      "a list of whole numbers from " + std::to_string(least) + " to " + std::to_string(most);
  const json& list = at(key, expected);
  if (!list.is_array()) refuse(key, expected);
  std::vector<std::int64_t> all;
  for (const json& value : list) {
    const bool no_value = value.is_null() || value == json(false);
    const bool zero = no_value && none == NoValue::zero;
    const auto number = zero ? std::optional<std::int64_t>(0) : whole_number(value, least, most);
    if (!number) refuse(key, expected);
    all.push_back(*number);
  }
  return all;
}

std::map<std::string, std::string> JsonFields::items() const {
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : object_->items()) all[key] = text(key);
  return all;
}

JsonFields JsonFields::object(const std::string& key) const {
  const json& value = at(key, "an object");
  if (!value.is_object()) refuse(key, "an object");
  return {value, file_, path_of(key)};
}

std::int64_t JsonFields::list_size(const std::string& key) const {
  const json& list = at(key, "a list");
  if (!list.is_array()) refuse(key, "a list");
  return static_cast<std::int64_t>(list.size());
}

std::vector<JsonFields> JsonFields::objects(const std::string& key) const {
  const std::string expected = "a list of objects";
  const json& list = at(key, expected);
  if (!list.is_array()) refuse(key, expected);
  std::vector<JsonFields> all;
  for (const json& entry : list) {
    if (!entry.is_object()) refuse(key, expected);
    all.emplace_back(entry, file_, path_of(key) + "[" + std::to_string(all.size()) + "]");
  }
  return all;
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> all;
  for (const auto& entry : object_->items()) all.push_back(entry.key());
  return all;
}

}  // namespace kernelgate::reference
