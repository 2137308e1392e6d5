// Reads a records file and validates every field. Errors contain file, line, column, the text found
// and what was expected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// The finished rows of a file.
struct RecordFile {
  std::vector<Record> records;
  /// Message if the last line has no end, because its writer crashed or is still writing. It is
  /// left out.
  std::optional<std::string> torn;
};

/// Accepts the columns of the file's schema in any order, but requires all of them and no others.
/// Throws BadInput for everything else, with its own message for a newer schema.
RecordFile read_records(const std::filesystem::path& file);
/// The same from bytes in memory; messages contain `name`.
RecordFile parse_records(std::string_view bytes, const std::string& name);

}  // namespace kernelgate
