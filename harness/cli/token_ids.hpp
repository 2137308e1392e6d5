// Token ids as a user has them: a list on the command line, or a file with one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

/// The ids of a list such as "2,39,76", "[2, 39, 76]" or "2 39 76", or of the file that `text`
/// names. A text that holds a digit and otherwise only spaces, commas, brackets and minus signs is
/// a list, every other text is the name of a file. At least one id; throws BadInput naming `option`
/// or the file's line, and what stands there.
std::vector<std::int32_t> read_token_ids(const std::string& text, const std::string& option);

/// The ids of a file's text: a list over any number of lines, or a CSV table with the column `id`.
/// `file` is the name for messages.
std::vector<std::int32_t> parse_token_ids(std::string_view text, const std::string& file);

}  // namespace kernelgate
