#include "harness/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace kernelgate {
namespace {

unsigned char byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::uint32_t code_point(std::string_view text, std::size_t length) {
  constexpr unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t code = byte(text, 0) & lead_bits[length];
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(text, i) & 0x3fU);
  return code;
}

// Unicode's Bidi_Control property.
bool is_bidirectional_control(std::uint32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool is_control(std::uint32_t code) {
  const bool separator = code == 0x2028 || code == 0x2029;  // line and paragraph separators
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || separator ||
         is_bidirectional_control(code);
}

std::string escape_of(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  return code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
}

enum class LineEnds { stay, escaped };

std::string escaped(std::string_view text, LineEnds line_ends) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", byte(text, 0));
    } else if ((text[0] == '\n' && line_ends == LineEnds::stay) || prints_as_itself(text)) {
      out += text.substr(0, length);
    } else {
      out += escape_of(code_point(text, length));
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text, LineEnds::stay); }

std::string printable_line(std::string_view text) { return escaped(text, LineEnds::escaped); }

bool prints_as_itself(std::string_view text) {
  const std::size_t length = utf8_length(text);
  return length > 0 && !is_control(code_point(text, length));
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char lead = byte(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(text, i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and code points above U+10FFFF.
  if ((lead == 0xe0 && byte(text, 1) < 0xa0) || (lead == 0xed && byte(text, 1) > 0x9f)) return 0;
  if ((lead == 0xf0 && byte(text, 1) < 0x90) || (lead == 0xf4 && byte(text, 1) > 0x8f)) return 0;
  return length;
}

std::size_t unfinished_utf8(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const unsigned char lead = byte(text, text.size() - back);
    if ((lead & 0xc0) == 0x80) continue;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
    return length > back && lead <= 0xf4 ? back : 0;
  }
  return 0;
}

}  // namespace kernelgate
