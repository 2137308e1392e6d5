#include "harness/records/record_reader.hpp"

#include <fmt/format.h>
#include <libfccp/csv.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <tuple>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/file_kind.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/records/columns.hpp"

namespace kernelgate {
namespace {

constexpr std::size_t column_count = record_columns.size();
constexpr std::int64_t max_bytes = std::int64_t{1} << 30;

template <unsigned Columns>
using Csv = io::CSVReader<Columns, io::trim_chars<>, io::double_quote_escape<',', '"'>,
                          io::throw_on_overflow, io::empty_line_comment>;

template <unsigned Columns>
Csv<Columns> csv_of(const std::string& name, std::string_view bytes) {
  if (bytes.empty()) bytes = "";  // the library copies from data(), which must not be null
  return Csv<Columns>(name, bytes.data(), bytes.data() + bytes.size());
}

// Translates the library's errors into BadInput.
template <class Work>
auto describe(const std::string& name, Work work) {
  try {
    return work();
  } catch (const io::error::header_missing&) {
    throw BadInput(name + ":1: expected a header line, got an empty file");
  } catch (const io::error::missing_column_in_header& error) {
    throw BadInput(fmt::format("{}:1: column '{}' is missing", name, error.column_name));
  } catch (const io::error::extra_column_in_header& error) {
    throw BadInput(fmt::format("{}:1: column '{}' is unknown; records schema {} has: {}", name,
                               error.column_name, record_schema_version, record_header()));
  } catch (const io::error::duplicated_column_in_header& error) {
    throw BadInput(fmt::format("{}:1: column '{}' occurs twice", name, error.column_name));
  } catch (const io::error::too_few_columns& error) {
    throw BadInput(fmt::format("{}:{}: fewer fields than the header has", name, error.file_line));
  } catch (const io::error::too_many_columns& error) {
    throw BadInput(fmt::format("{}:{}: more fields than the header has", name, error.file_line));
  } catch (const io::error::escaped_string_not_closed& error) {
    throw BadInput(fmt::format("{}:{}: a field's opening quote has no closing one in this line",
                               name, error.file_line));
  } catch (const io::error::line_length_limit_exceeded& error) {
    throw BadInput(fmt::format("{}:{}: line longer than 2^24 - 1 bytes", name, error.file_line));
  } catch (const io::error::base& error) {
    error.format_error_message();
    throw BadInput(fmt::format("{}: {}", name, error.error_message_buffer));
  }
}

void set_field(Record& record, const Column& column, std::string_view text, const std::string& name,
               unsigned line) {
  if (const auto expected = column.parse(record, text)) {
    throw BadInput(fmt::format("{}:{}: column '{}': expected {}, got '{}'", name, line, column.name,
                               *expected, text.substr(0, 80)));
  }
}

/// The schema of a row. Throws if this program cannot read it.
std::int64_t known_schema(std::string_view text, const std::string& name, unsigned line) {
  Record record;
  set_field(record, record_columns[0], text, name, line);
  if (record.schema_version >= oldest_record_schema &&
      record.schema_version <= record_schema_version) {
    return record.schema_version;
  }
  throw BadInput(
      fmt::format("{}:{}: column 'schema_version': expected {} to {}, got {}: {}", name, line,
                  oldest_record_schema, record_schema_version, record.schema_version,
                  record.schema_version > record_schema_version
                      ? "the file was written by a newer kernelgate; read it with that one"
                  : record.schema_version > 0
                      ? "the file was written by an older kernelgate, whose columns differ"
                      : "no such schema was ever written"));
}

// The newest schema that has the names of a header: for files in which no row tells it.
std::int64_t schema_of_names(std::string_view header) {
  for (const Column& column : record_columns) {
    const std::string earlier = fmt::format(",{},", column.earlier);
    if (!column.earlier.empty() && header.find(earlier) != std::string_view::npos) {
      return Column::renamed_in - 1;
    }
  }
  return record_schema_version;
}

// Runs before anything else is read, because a newer file may have any columns. A malformed line
// ends this pass; the second pass reports it, after any error above it. Returns the one schema of
// all rows: a file's header is that of its writer, and no writer of another schema appends to it.
std::int64_t schema_of(std::string_view bytes, const std::string& name) {
  auto csv = csv_of<1>(name, bytes);
  csv.read_header(io::ignore_extra_column, std::string(record_columns[0].name));
  const char* text = nullptr;
  const auto next_row = [&] {
    try {
      return csv.read_row(text);
    } catch (const io::error::base&) {
      return false;
    }
  };
  std::optional<std::int64_t> schema;
  while (next_row()) {
    const std::int64_t own = known_schema(text, name, csv.get_file_line());
    if (schema && *schema != own) {
      throw BadInput(fmt::format("{}:{}: column 'schema_version': expected {} as above, got {}",
                                 name, csv.get_file_line(), *schema, own));
    }
    schema = own;
  }
  return schema.value_or(schema_of_names(first_line(bytes)));
}

template <std::size_t... I>
void read_header(Csv<column_count>& csv, std::int64_t schema, std::index_sequence<I...>) {
  csv.read_header(io::ignore_missing_column, std::string(record_columns[I].name_in(schema))...);
  for (const Column& column : record_columns) {
    const std::string name(column.name_in(schema));
    if (column.since <= schema && !csv.has_column(name)) {
      io::error::missing_column_in_header missing;
      missing.set_column_name(name.c_str());
      throw missing;
    }
  }
}

std::vector<Record> read_rows(std::string_view bytes, const std::string& name) {
  const std::int64_t schema = schema_of(bytes, name);
  auto csv = csv_of<column_count>(name, bytes);
  read_header(csv, schema, std::make_index_sequence<column_count>{});
  std::vector<Record> records;
  std::array<const char*, column_count> fields{};  // a column that is missing stays null
  while (std::apply([&](auto&... field) { return csv.read_row(field...); }, fields)) {
    Record& record = records.emplace_back();
    for (std::size_t i = 0; i < column_count; ++i) {
      if (fields[i] == nullptr) continue;
      set_field(record, record_columns[i], fields[i], name, csv.get_file_line());
    }
    record.schema_version = record_schema_version;  // converted to the current schema
  }
  return records;
}

}  // namespace

RecordFile parse_records(std::string_view bytes, const std::string& name) {
  RecordFile file;
  if (bytes.size() > static_cast<std::size_t>(max_bytes)) {
    throw BadInput(fmt::format("{}: {} bytes; records files are read up to {}", name, bytes.size(),
                               max_bytes));
  }
  // Rows contain no other line ends, so a partial write never contains a line end.
  const std::size_t finished = bytes.rfind('\n') + 1;  // npos + 1 is 0
  if (finished != bytes.size()) {
    file.torn = fmt::format(
        "{}: the last line has no end ({} bytes): left out, its writer was "
        "interrupted",
        name, bytes.size() - finished);
    bytes = bytes.substr(0, finished);
  }
  if (const std::size_t at = bytes.find('\0'); at != std::string_view::npos) {
    const auto line =
        1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    throw BadInput(fmt::format("{}:{}: expected text, got a zero byte", name, line));
  }
  file.records = describe(name, [&] { return read_rows(bytes, name); });
  return file;
}

RecordFile read_records(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);  // fails for folders and devices
  if (error) {
    throw BadInput(fmt::format("records: cannot read '{}': {}", file.string(), error.message()));
  }
  if (size > static_cast<std::uintmax_t>(max_bytes)) {
    throw BadInput(fmt::format("{}: {} bytes; records files are read up to {}", file.string(), size,
                               max_bytes));
  }
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in && bytes.empty()) {
    throw BadInput(fmt::format("records: cannot read '{}'", file.string()));
  }
  if (const auto kind = describe_wrong_kind(bytes, FileKind::table); !kind.empty()) {
    throw BadInput(fmt::format("{}: expected a records file (CSV), got {}", file.string(), kind));
  }
  return parse_records(bytes, file.string());
}

}  // namespace kernelgate
