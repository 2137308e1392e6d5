#include "harness/records/record_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "harness/records/columns.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using synthetic::bench_row;
using synthetic::check_row;
using synthetic::Folder;
using ::testing::HasSubstr;

std::string error_message(const std::string& bytes) {
  try {
    parse_records(bytes, "r.csv");
  } catch (const BadInput& error) {
    return error.what();
  }
  return "nothing was refused";
}

std::string file_of(const Record& record) { return record_header() + "\n" + record_line(record); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(RecordReader, ReturnsWhatWasWrittenWithCommasQuotesAndSpaces) {
  Record row = bench_row();
  row.message = R"( leading, "quoted", ""twice"", ends with quote")";
  row.environment.cpu = "\"";
  row.environment.host = ",";
  row.worst_error_ratio = std::numeric_limits<double>::infinity();
  row.time_median_seconds = 0.1 + 0.2;  // 17 digits are needed
  row.roofline_seconds = std::numeric_limits<double>::denorm_min();
  const Record checked = check_row();
  Record forward = check_row();
  forward.row = RowKind::forward;
  forward.status = Status::timed_out;
  forward.provenance = Provenance::compiled;
  forward.backend = Backend::hip;
  forward.data = std::nullopt;
  const std::string bytes =
      record_header() + "\n" + record_line(row) + record_line(checked) + record_line(forward);
  row.message = R"(leading, "quoted", ""twice"", ends with quote")";  // one_line drops indentation
  EXPECT_EQ(parse_records(bytes, "r.csv").records, (std::vector<Record>{row, checked, forward}));
}

TEST(RecordReader, ReadsLinesOfAMessageAsOneLine) {
  Record row = check_row();
  row.message = "worst y[3]\n  pattern all\n";
  EXPECT_EQ(parse_records(file_of(row), "r.csv").records.at(0).message, "worst y[3]; pattern all");
}

TEST(RecordReader, ReadsWhatASpreadsheetOrAnEditorMadeOfAFile) {
  const std::string plain = file_of(check_row());
  std::string windows = "\xEF\xBB\xBF";
  for (const char c : plain) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(parse_records(windows, "r.csv").records, (std::vector<Record>{check_row()}));
  EXPECT_EQ(parse_records(plain + "\n\n", "r.csv").records, (std::vector<Record>{check_row()}));
}

TEST(RecordReader, KeepsAbsentNumbersAbsent) {
  const Record row = parse_records(file_of(check_row()), "r.csv").records.at(0);
  EXPECT_EQ(row.time_median_seconds, std::nullopt);
  EXPECT_EQ(row.samples, std::nullopt);
  EXPECT_EQ(row.cache, std::nullopt);
}

TEST(RecordReader, TakesAFigureThatIsNotANumberAsAbsent) {
  Record row = bench_row();
  row.ratio_to_baseline = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(parse_records(file_of(row), "r.csv").records.at(0).ratio_to_baseline, std::nullopt);
}

TEST(RecordReader, TakesColumnsInAnyOrder) {
  std::string header;
  std::string line;
  for (std::size_t i = record_columns.size(); i-- > 0;) {
    header += std::string(record_columns[i].name) + (i > 0 ? "," : "\n");
    line += "\"" + record_columns[i].print(check_row()) + "\"" + (i > 0 ? "," : "\n");
  }
  EXPECT_EQ(parse_records(header + line, "r.csv").records, std::vector<Record>{check_row()});
}

TEST(RecordReader, LeavesOutATornLastLineAndSaysSo) {
  const RecordFile file = parse_records(file_of(check_row()) + "1,2026", "r.csv");
  EXPECT_EQ(file.records.size(), 1U);
  EXPECT_THAT(file.torn.value_or(""), HasSubstr("r.csv: the last line has no end (6 bytes)"));
}

TEST(RecordReader, NamesFileLineColumnWhatItGotAndWhatItExpected) {
  const std::string good = file_of(check_row());
  EXPECT_EQ(
      error_message(good + replaced(record_line(check_row()), ",400,", ",4x0,")),
      "r.csv:3: column 'checked': expected a whole number from 0 to 2^63 - 1, or nothing, got "
      "'4x0'");
  EXPECT_EQ(error_message(replaced(good, ",passed,", ",perfect,")),
            "r.csv:2: column 'status': expected one of passed incorrect failed_recheck unsupported "
            "crashed timed_out, got 'perfect'");
  EXPECT_THAT(error_message(replaced(file_of(bench_row()), ",0.0005,", ",-1,")),
              HasSubstr("column 'time_median_seconds': expected a number of 0 or more, or nothing, "
                        "got '-1'"));
  EXPECT_THAT(error_message(replaced(file_of(bench_row()), ",0.0005,", ",nan,")),
              HasSubstr("got 'nan'"));
  EXPECT_THAT(error_message(replaced(good, "18446744073709551615", "18446744073709551616")),
              HasSubstr("column 'seed': expected a whole number from 0 to 2^64 - 1"));
}

TEST(RecordReader, RefusesAMissingColumnByName) {
  EXPECT_EQ(error_message(replaced(file_of(check_row()), ",kernel,", ",")),
            "r.csv:1: column 'kernel' is missing");
}

TEST(RecordReader, RefusesAnUnknownColumnByName) {
  EXPECT_THAT(
      error_message(replaced(file_of(check_row()), ",kernel,", ",kernel,colour,")),
      HasSubstr("r.csv:1: column 'colour' is unknown; records schema 5 has: schema_version,"));
}

TEST(RecordReader, RefusesAColumnThatStandsTwice) {
  EXPECT_EQ(error_message(replaced(file_of(check_row()), ",kernel,", ",kernel,kernel,")),
            "r.csv:1: column 'kernel' occurs twice");
}

TEST(RecordReader, RefusesANewerSchemaInThoseWordsWhateverItsColumnsAre) {
  EXPECT_THAT(error_message("colour,schema_version\nred,6\n"),
              HasSubstr("r.csv:2: column 'schema_version': expected 2 to 5, got 6: the file was "
                        "written by a newer kernelgate"));
  EXPECT_THAT(error_message(record_header() + "\n0" + record_line(check_row()).substr(1)),
              HasSubstr("expected 2 to 5, got 0: no such schema"));
  EXPECT_THAT(error_message("colour,schema_version\nred,1\n"),
              HasSubstr("expected 2 to 5, got 1: the file was written by an older kernelgate"));
}

// A file of an older schema: without the columns that were added later.
std::string file_of_schema(std::int64_t schema, const Record& record) {
  std::string header, row;
  for (const Column& column : record_columns) {
    if (column.since > schema) continue;
    header += (header.empty() ? "" : ",") + std::string(column.name_in(schema));
    std::string field =
        &column == record_columns.data() ? std::to_string(schema) : column.print(record);
    if (field.find(',') != std::string::npos) field = "\"" + field + "\"";
    row += (row.empty() ? "" : ",") + field;
  }
  return header + "\n" + row + "\n";
}

TEST(RecordReader, ReadsAFileOfAnOlderSchemaAsRowsWithoutTheLaterColumns) {
  for (const std::int64_t schema : {2, 3, 4}) {
    EXPECT_EQ(parse_records(file_of_schema(schema, bench_row()), "r.csv").records,
              std::vector<Record>{bench_row()});
  }
}

TEST(RecordReader, ReadsTheEarlierNamesOnlyInFilesOfTheirSchema) {
  const std::string old = file_of_schema(4, bench_row());
  EXPECT_THAT(old, HasSubstr(",floor_seconds,percent_of_floor,"));
  EXPECT_THAT(file_of_schema(5, bench_row()), HasSubstr(",roofline_seconds,percent_of_roofline,"));
  EXPECT_EQ(error_message(replaced(old, "\n4,", "\n5,")),
            "r.csv:1: column 'figure' is unknown; records schema 5 has: " + record_header());
  const std::string again = replaced(old, ",passed,", ",mistrusted,");
  EXPECT_EQ(parse_records(again, "r.csv").records.at(0).status, Status::failed_recheck);
}

TEST(RecordReader, RefusesASchemaThatItsColumnsContradict) {
  const std::string old = file_of_schema(2, check_row());
  EXPECT_EQ(error_message(replaced(old, "\n2,", "\n3,")), "r.csv:1: column 'side' is missing");
  EXPECT_EQ(error_message(replaced(old, ",kernel,", ",")), "r.csv:1: column 'kernel' is missing");
  const std::string both = old + "3" + old.substr(old.find("\n2,") + 2);
  EXPECT_EQ(error_message(both), "r.csv:3: column 'schema_version': expected 2 as above, got 3");
}

TEST(RecordReader, RefusesLinesThatDoNotFitTheHeader) {
  const std::string good = file_of(check_row());
  EXPECT_EQ(error_message(good + "1,2,3\n"), "r.csv:3: fewer fields than the header has");
  EXPECT_EQ(error_message(good.substr(0, good.size() - 1) + ",more\n"),
            "r.csv:2: more fields than the header has");
  EXPECT_EQ(error_message(good + "1,\"open\n"),
            "r.csv:3: a field's opening quote has no closing one in this line");
  EXPECT_EQ(error_message(""), "r.csv:1: expected a header line, got an empty file");
  EXPECT_EQ(error_message(good + std::string("\0\n", 2)),
            "r.csv:3: expected text, got a zero byte");
}

TEST(RecordReader, NamesAFileThatItCannotRead) {
  const Folder folder;
  for (const std::filesystem::path& path : {folder / "none.csv", folder.path()}) {
    try {
      read_records(path);
      FAIL() << path;
    } catch (const BadInput& error) {
      EXPECT_THAT(error.what(), HasSubstr("cannot read '" + path.string() + "'"));
    }
  }
}

}  // namespace
}  // namespace kernelgate
