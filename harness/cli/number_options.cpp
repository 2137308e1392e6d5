#include "harness/cli/number_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace kernelgate {
namespace {

template <class T>
bool reads_wholly(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The limits of an option, parsed from CLI11's text for its type and checks, such as
/// "INT:INT in [1 - 4096]" or "FLOAT:POSITIVE".
struct Limits {
  bool above_zero = false, from_zero = false;
  std::string range;  // "1 to 4096"; empty without a range check
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();

  explicit Limits(const std::string& type)
      : above_zero(type.find(":POSITIVE") != std::string::npos),
        from_zero(type.find(":NONNEGATIVE") != std::string::npos) {
    constexpr std::string_view open = " in [", between = " - ";
    const std::size_t begin = type.find(open), end = type.find(']');
    if (begin == std::string::npos || end == std::string::npos) return;
    range = type.substr(begin + open.size(), end - begin - open.size());
    if (const std::size_t at = range.find(between); at != std::string::npos) {
      reads_wholly(range.substr(0, at), least);
      reads_wholly(range.substr(at + between.size()), most);
      range.replace(at, between.size(), " to ");
    }
  }

  bool admit(double value) const {
    return !(above_zero && value <= 0) && !(from_zero && value < 0) && value >= least &&
           value <= most;
  }
};

/// Replaces the text by the plain decimal form, which CLI11 converts without loss. Returns an error
/// message if the text is no number of this type or is outside the limits, otherwise nothing.
template <class T>
std::string whole_number(std::string& text, const Limits& limits) {
  T value = 0;
  if (reads_wholly(text, value) && limits.admit(static_cast<double>(value))) {
    text = std::to_string(value);
    return {};
  }
  constexpr T lowest = std::numeric_limits<T>::min(), highest = std::numeric_limits<T>::max();
  const T least = limits.above_zero ? 1 : limits.from_zero ? 0 : lowest;
  return fmt::format("expected a whole number from {}, got '{}'",
                     limits.range.empty() ? fmt::format("{} to {}", least, highest) : limits.range,
                     text);
}

std::string finite_number(std::string& text, const Limits& limits) {
  double value = 0;
  if (reads_wholly(text, value) && std::isfinite(value) && limits.admit(value)) return {};
  const std::string range = !limits.range.empty() ? " from " + limits.range
                            : limits.above_zero   ? " above 0"
                            : limits.from_zero    ? " of 0 or more"
                                                  : "";
  return fmt::format("expected a finite decimal number{}, got '{}'", range, text);
}

void add_check(CLI::Option& option) {
  const std::string type = option.get_type_name();
  const Limits limits(type);
  std::function<std::string(std::string&)> check;
  const auto with = [&](auto read) {
    check = [limits, read](std::string& text) { return read(text, limits); };
  };
  if (type.starts_with("UINT")) with(whole_number<std::uint64_t>);
  if (type.starts_with("INT")) with(whole_number<std::int64_t>);
  if (type.starts_with("FLOAT")) with(finite_number);
  // A transformation runs before the option's own checks.
  if (check) option.transform(CLI::Validator(check, ""));
}

}  // namespace

void check_number_options(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) add_check(*option);
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    check_number_options(*command);
  }
}

}  // namespace kernelgate
