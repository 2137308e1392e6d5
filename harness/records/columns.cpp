#include "harness/records/columns.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace kernelgate {
namespace {

template <class T>
std::string digits(T value) {
  char text[24];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  return {text, end};
}

template <class T>
bool reads_wholly(T& value, std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// Requires enumerators with consecutive values from 0.
template <class E>
field::Expected parse_word(E& value, std::string_view text, E last) {
  std::string words = "one of";
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const E candidate = static_cast<E>(i);
    if (name(candidate) == text) {
      value = candidate;
      return std::nullopt;
    }
    words += " " + std::string(name(candidate));
  }
  return words;
}

}  // namespace

namespace field {

std::string print(const std::string& value) { return value; }
std::string print(std::int64_t value) { return digits(value); }
std::string print(std::uint64_t value) { return digits(value); }
std::string print(double value) {
  return std::isnan(value) ? std::string()
                           : fmt::format("{}", value);  // the shortest that reads back
}

Expected parse(std::string& value, std::string_view text) {
  value = text;
  return std::nullopt;
}

Expected parse(std::int64_t& value, std::string_view text) {
  if (reads_wholly(value, text) && value >= 0) return std::nullopt;
  return "a whole number from 0 to 2^63 - 1";
}

Expected parse(std::uint64_t& value, std::string_view text) {
  if (reads_wholly(value, text)) return std::nullopt;
  return "a whole number from 0 to 2^64 - 1";
}

Expected parse(double& value, std::string_view text) {
  if (reads_wholly(value, text) && value >= 0) return std::nullopt;  // rejects nan, too
  return "a number of 0 or more";
}

Expected parse(RowKind& value, std::string_view text) {
  return parse_word(value, text, RowKind::compare);
}
Expected parse(Backend& value, std::string_view text) {
  return parse_word(value, text, Backend::hip);
}
Expected parse(DataMode& value, std::string_view text) {
  return parse_word(value, text, DataMode::real);
}
Expected parse(Status& value, std::string_view text) {
  if (text == "mistrusted") text = name(Status::failed_recheck);  // its word before schema 5
  return parse_word(value, text, Status::timed_out);
}
Expected parse(Provenance& value, std::string_view text) {
  return parse_word(value, text, Provenance::compiled);
}
Expected parse(CacheMode& value, std::string_view text) {
  return parse_word(value, text, CacheMode::hot);
}

}  // namespace field

std::string record_header() {
  std::string header;
  for (const Column& column : record_columns) {
    if (!header.empty()) header += ",";
    header += column.name;
  }
  return header;
}

}  // namespace kernelgate
