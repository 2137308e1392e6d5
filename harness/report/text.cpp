#include "harness/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/printable.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {
namespace {

std::string three_digits(double value) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{:g}", value);
  std::string rounded = fmt::format("{:.2e}", value);  // 9.996 has the exponent of 10.0
  const int power = std::stoi(rounded.substr(rounded.find('e') + 1));
  if (power >= 6 || power < -4) return rounded;
  return fmt::format("{:.{}f}", value, std::max(0, 2 - power));
}

// U+FFFE and U+FFFF are invalid in XML.
bool is_in_xml(std::string_view text) {
  return !text.starts_with("\xef\xbf\xbe") && !text.starts_with("\xef\xbf\xbf");
}

constexpr std::string_view replacement = "\xef\xbf\xbd";

}  // namespace

std::string time_text(std::optional<double> seconds) {
  if (!seconds) return {};
  struct Unit {
    double seconds;
    std::string_view name;
  };
  // A unit starts where its value would round to "1.00".
  constexpr std::array units{Unit{1, "s"}, Unit{1e-3, "ms"}, Unit{1e-6, "us"}};
  for (const Unit& unit : units) {
    if (*seconds >= 0.9995 * unit.seconds) {
      return three_digits(*seconds / unit.seconds) + " " + std::string(unit.name);
    }
  }
  return three_digits(*seconds / 1e-9) + " ns";
}

std::string giga_text(std::optional<double> per_second) {
  return per_second ? three_digits(*per_second / 1e9) : std::string();
}

std::string percent_text(std::optional<double> share) {
  return share ? fmt::format("{:.3g} %", 100 * *share) : std::string("no value");
}

std::string ratio_text(std::optional<double> ratio) {
  if (!ratio) return {};
  if (std::abs(*ratio - 1) < 0.005) return "same";
  return *ratio < 1 ? fmt::format("{:.2f}x faster", 1 / *ratio)
                    : fmt::format("{:.2f}x slower", *ratio);
}

std::optional<double> bytes_per_second(const Record& record) {
  if (!record.bytes || !(record.time_median_seconds > 0.0)) return std::nullopt;
  return static_cast<double>(*record.bytes) / *record.time_median_seconds;
}

std::optional<double> flops_per_second(const Record& record) {
  if (!record.flops || !(record.time_median_seconds > 0.0)) return std::nullopt;
  return static_cast<double>(*record.flops) / *record.time_median_seconds;
}

bool has_spread(const Record& record) {
  // Rows of older versions lack the number of samples, which was more than one.
  return !record.samples || has_spread(*record.samples, record.disturbed_samples.value_or(0));
}

bool all_disturbed(const Record& record) {
  return record.samples.value_or(0) > 0 && record.disturbed_samples == record.samples;
}

std::optional<double> spread_percent(const Record& record) {
  if (!has_spread(record) || !record.time_low_seconds || !record.time_high_seconds ||
      !(record.time_median_seconds > 0.0)) {
    return std::nullopt;
  }
  return 50 * (*record.time_high_seconds - *record.time_low_seconds) / *record.time_median_seconds;
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = is_in_xml(text) ? utf8_length(text) : 0;
    const char c = text[0];
    const bool white = c == '\n' || c == '\t';
    if (length == 0 || (!white && !prints_as_itself(text))) {
      out += replacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (white) {  // an attribute would turn them into spaces
      out += fmt::format("&#{};", static_cast<int>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (text.size() <= width || width < 3) return std::string(text);
  const auto inside = [&](std::size_t at) {  // a UTF-8 character
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t tail = text.size() - (width - 1) / 2;
  std::size_t head = width / 2;
  while (inside(tail)) ++tail;
  while (head > 0 && inside(head)) --head;
  return std::string(text.substr(0, head)) + "…" + std::string(text.substr(tail));
}

}  // namespace kernelgate
