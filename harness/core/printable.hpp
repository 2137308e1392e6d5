// Escapes text from outside (a plugin, a checkpoint, a records file, a compiler), so that it can
// neither move a terminal's cursor nor reverse the order of a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kernelgate {

/// The text with every control character, invalid byte and bidirectional control as an escape: \t,
/// \r, \x1b for bytes, \u0085 and \u202e for code points. Line ends and all other UTF-8 are kept. A
/// text without such characters, hence also an escaped text, is returned unchanged.
std::string printable(std::string_view text);

/// The same for text that must stay on one line: a line end becomes \n.
std::string printable_line(std::string_view text);

/// Bytes of the well-formed UTF-8 sequence at the start of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text);

/// Bytes at the end of `text` that may begin a UTF-8 sequence, 0 to 3. The next chunk of a chunked
/// text continues there.
std::size_t unfinished_utf8(std::string_view text);

/// Whether the UTF-8 sequence at the start of `text` prints as itself; false if there is none.
bool prints_as_itself(std::string_view text);

}  // namespace kernelgate
