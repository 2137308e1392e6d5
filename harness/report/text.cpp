#include "harness/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace kernelgate {
namespace {

std::string three_digits(double value) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{:g}", value);
  const std::string rounded = fmt::format("{:.2e}", value);  // 9.996 has the power of 10.0
  const int power = std::stoi(rounded.substr(rounded.find('e') + 1));
  if (power >= 6 || power < -4) return rounded;
  return fmt::format("{:.{}f}", value, std::max(0, 2 - power));
}

// Length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;
  if (lead == 0xef && byte(1) == 0xbf && byte(2) >= 0xbe) return 0;  // U+FFFE, U+FFFF: not in XML
  return length;
}

constexpr std::string_view replacement = "\xef\xbf\xbd";

}  // namespace

std::string time_text(std::optional<double> seconds) {
  if (!seconds) return {};
  struct Unit {
    double seconds;
    std::string_view name;
  };
  // A unit begins where its figure would round to "1.00".
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

std::optional<double> spread_percent(const Record& record) {
  if (!record.time_low_seconds || !record.time_high_seconds ||
      !(record.time_median_seconds > 0.0)) {
    return std::nullopt;
  }
  return 50 * (*record.time_high_seconds - *record.time_low_seconds) / *record.time_median_seconds;
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    const auto code = static_cast<unsigned char>(c);
    if (length == 0 || (code < 0x20 && c != '\n' && c != '\t') || code == 0x7f) {
      out += replacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n' || c == '\t') {  // an attribute would turn them into spaces
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
  const auto inside = [&](std::size_t at) {  // a character
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t tail = text.size() - (width - 1) / 2;
  std::size_t head = width / 2;
  while (inside(tail)) ++tail;
  while (head > 0 && inside(head)) --head;
  return std::string(text.substr(0, head)) + "…" + std::string(text.substr(tail));
}

}  // namespace kernelgate
