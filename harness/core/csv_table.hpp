// Reads small CSV tables that people write: fields are trimmed and may be quoted, empty lines and
// lines that begin with # are skipped. Messages name file, line, column, got and expected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace kernelgate {

/// The source location that a message points to: "suites/smoke.csv:3".
struct CsvPlace {
  std::filesystem::path file;
  unsigned line = 0;
  std::string text() const;
};

/// Throws BadInput: "<file>:<line>: column '<column>': got '<got>', expected <expected>".
[[noreturn]] void refuse_field(const CsvPlace& place, std::string_view column, std::string_view got,
                               std::string_view expected);

/// A row's fields, in the order in which the columns were asked for. Valid until the next row.
struct CsvRow {
  std::span<const std::string_view> columns;
  std::span<const std::string> fields;
  const CsvPlace& place;

  const std::string& operator[](std::size_t column) const { return fields[column]; }
  /// The field as a whole number. Throws BadInput for anything else.
  std::int64_t number(std::size_t column) const;
};

enum class OtherColumns { refused, ignored };

inline constexpr std::size_t max_csv_columns = 10;

/// Calls `each` for every row of a table that has these columns (up to max_csv_columns), in any
/// order. Throws BadInput with the expected columns for a table that does not, or that is not CSV.
void read_csv(std::string_view text, const std::filesystem::path& file,
              std::initializer_list<std::string_view> columns,
              const std::function<void(const CsvRow&)>& each,
              OtherColumns others = OtherColumns::refused);

/// The same of a file.
void read_csv_file(const std::filesystem::path& file,
                   std::initializer_list<std::string_view> columns,
                   const std::function<void(const CsvRow&)>& each,
                   OtherColumns others = OtherColumns::refused);

}  // namespace kernelgate
