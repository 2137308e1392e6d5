#include "harness/core/csv_table.hpp"

#include <fmt/format.h>
#include <libfccp/csv.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/text_file.hpp"

namespace kernelgate {
namespace {

using Trim = io::trim_chars<' ', '\t', '\r'>;
using Quote = io::double_quote_escape<',', '"'>;
template <std::size_t Columns>
using Reader = io::CSVReader<Columns, Trim, Quote, io::throw_on_overflow,
                             io::single_and_empty_line_comment<'#'>>;

/// The arguments of read_csv().
struct CsvSource {
  std::string_view text;
  const std::filesystem::path& file;
  std::span<const std::string_view> columns;
  const std::function<void(const CsvRow&)>& each;
  OtherColumns others;
};

// The library takes the number of columns as a template argument.
template <std::size_t... I>
void read_columns(const CsvSource& source, std::index_sequence<I...>) {
  Reader<sizeof...(I)> reader(source.file.string(), source.text.data(),
                              source.text.data() + source.text.size());
  reader.read_header(
      source.others == OtherColumns::ignored ? io::ignore_extra_column : io::ignore_no_column,
      std::string(source.columns[I])...);
  std::array<std::string, sizeof...(I)> fields;
  CsvPlace place{source.file};
  while (reader.read_row(fields[I]...)) {
    place.line = reader.get_file_line();
    source.each(CsvRow{source.columns, fields, place});
  }
}

template <std::size_t Columns>
void read_columns_of(const CsvSource& source) {
  read_columns(source, std::make_index_sequence<Columns>{});
}

template <std::size_t... I>
constexpr auto readers_of(std::index_sequence<I...>) {
  return std::array{read_columns_of<I + 1>...};
}
// By the number of columns less one.
constexpr auto csv_readers = readers_of(std::make_index_sequence<max_csv_columns>{});

}  // namespace

std::string CsvPlace::text() const { return fmt::format("{}:{}", file.string(), line); }

void refuse_field(const CsvPlace& place, std::string_view column, std::string_view got,
                  std::string_view expected) {
  throw BadInput(
      fmt::format("{}: column '{}': got '{}', expected {}", place.text(), column, got, expected));
}

std::int64_t CsvRow::number(std::size_t column) const {
  const std::string& text = fields[column];
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  refuse_field(place, columns[column], text, "a whole number");
}

void read_csv(std::string_view text, const std::filesystem::path& file,
              std::initializer_list<std::string_view> columns,
              const std::function<void(const CsvRow&)>& each, OtherColumns others) {
  if (columns.size() < 1 || columns.size() > max_csv_columns) {
    throw std::logic_error(
        fmt::format("read_csv: takes 1 to {} columns, got {}", max_csv_columns, columns.size()));
  }
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    throw BadInput(fmt::format("{}:{}: expected text, got a zero byte", file.string(), line));
  }
  if (text.empty()) text = "";  // the library copies from it, and an empty view may be null
  try {
    csv_readers[columns.size() - 1]({text, file, columns, each, others});
  } catch (const io::error::base& problem) {
    throw BadInput(fmt::format("{}: {} (expected the columns {})", file.string(), problem.what(),
                               fmt::join(columns, ",")));
  }
}

void read_csv_file(const std::filesystem::path& file,
                   std::initializer_list<std::string_view> columns,
                   const std::function<void(const CsvRow&)>& each, OtherColumns others) {
  read_csv(read_text_file(file, FileKind::table), file, columns, each, others);
}

}  // namespace kernelgate
