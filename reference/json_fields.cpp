#include "reference/json_fields.hpp"

#include <cmath>
#include <set>
#include <utility>

#include "harness/core/error.hpp"

namespace kernelgate::reference {

using nlohmann::json;

json parse_json(std::string_view text, const std::string& file) {
  constexpr int deepest = 16;
  std::vector<std::set<std::string>> keys;  // of every object that is open
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > deepest)
      throw BadInput(file + ": expected JSON nested at most 16 deep, got deeper");
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key &&
        !keys.back().insert(parsed.get<std::string>()).second) {
      throw BadInput(file + ": key '" + parsed.get<std::string>() + "' occurs twice");
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::exception& e) {
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

void JsonFields::refuse(const std::string& key, const std::string& expected) const {
  std::string got = "nothing";
  const auto found = object_->find(key);
  if (found != object_->end()) {
    got = found->dump(-1, ' ', true, json::error_handler_t::replace);
    if (got.size() > 60) got = got.substr(0, 60) + "...";
  }
  const std::string whole_key = path_.empty() ? key : path_ + "." + key;
  throw BadInput(file_ + ": key '" + whole_key + "': expected " + expected + ", got " + got);
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

bool JsonFields::is_list(const std::string& key) const {
  return has(key) && (*object_)[key].is_array();
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
  return {value, file_, path_.empty() ? key : path_ + "." + key};
}

}  // namespace kernelgate::reference
