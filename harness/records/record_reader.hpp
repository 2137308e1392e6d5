// Reads a records file back. Nothing in the file is believed unseen: an error names file, line,
// column, what stands there and what was expected.
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
  /// Said when the last line has no end: a writer died in it, or is writing now. It is left out.
  std::optional<std::string> torn;
};

/// Columns may stand in any order, but all and no others. Throws BadInput for everything else, for
/// a newer schema in those words.
RecordFile read_records(const std::filesystem::path& file);
/// The same from bytes in memory; `name` stands in messages.
RecordFile parse_records(std::string_view bytes, const std::string& name);

}  // namespace kernelgate
