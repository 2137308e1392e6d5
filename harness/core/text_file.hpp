// Reads users' text files: drops a byte order mark and rejects encodings other than UTF-8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "harness/core/file_kind.hpp"

namespace kernelgate {

/// The file's text, without the UTF-8 byte order mark that some editors write. Accepts a regular
/// file and a pipe. Throws BadInput with the file's name for unreadable files, more than
/// `max_bytes`, UTF-16, zero bytes and a file of another kind than `expected`, such as a Git LFS
/// pointer.
std::string read_text_file(const std::filesystem::path& file, FileKind expected = FileKind::text,
                           std::int64_t max_bytes = std::int64_t{1} << 26);

/// All bytes of a file of any kind. Throws BadInput with the file's name if it cannot be read.
std::string read_bytes(const std::filesystem::path& file);

/// The text after a UTF-8 byte order mark, or the whole text if there is none.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace kernelgate
