// Reads token ids from a list on the command line or from a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

/// The ids of a list such as "2,39,76", "[2, 39, 76]" or "2 39 76", or of the file named `text`.
/// A text with at least one digit and otherwise only spaces, commas, brackets and minus signs is a
/// list; every other text is a file name. Returns at least one id. Throws BadInput with `option`
/// or the file's line, and the text found there.
std::vector<std::int32_t> read_token_ids(const std::string& text, const std::string& option);

/// The ids in a file's text: a list over any number of lines, or a CSV table with the column `id`.
/// `file` is the name in messages.
std::vector<std::int32_t> parse_token_ids(std::string_view text, const std::string& file);

}  // namespace kernelgate
