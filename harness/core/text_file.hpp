// Reads text files as users have them: a byte order mark is dropped, other encodings are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "harness/core/file_kind.hpp"

namespace kernelgate {

/// The file's text, without the byte order mark of UTF-8 that some editors write. Accepts a regular
/// file and a pipe. Throws BadInput naming the file for what cannot be read, for more than
/// `max_bytes`, for UTF-16, for zero bytes and for a file of another kind than `expected`, such as
/// a Git LFS pointer.
std::string read_text_file(const std::filesystem::path& file, FileKind expected = FileKind::text,
                           std::int64_t max_bytes = std::int64_t{1} << 26);

/// The text behind a UTF-8 byte order mark, or the whole text where there is none.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace kernelgate
