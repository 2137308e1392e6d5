#include "harness/gate/known_failures.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <chrono>
#include <string_view>

#include "harness/core/csv_table.hpp"
#include "harness/core/error.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

bool matches(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

// -1 if a character is not a digit.
int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    value = 10 * value + (c - '0');
  }
  return value;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = number(text.substr(0, 4)), month = number(text.substr(5, 2)),
            day = number(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return false;
  return std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

void require(bool fine, const fs::path& file, const KnownFailure& row, std::string_view column,
             std::string_view got, std::string_view expected) {
  if (fine) return;
  throw BadInput(fmt::format("{}:{}: column {}: got '{}', expected {}", file.string(), row.line,
                             column, got, expected));
}

}  // namespace

std::vector<KnownFailure> read_known_failures(const fs::path& file) {
  std::vector<KnownFailure> rows;
  const auto add = [&](const CsvRow& of) {
    const KnownFailure row{of[0], of[1], of[2], of[3], of[4], of.place.line};
    require(!row.cases.empty(), file, row, "case", row.cases, "a pattern such as top_k/native/*");
    require(!row.arch.empty(), file, row, "arch", row.arch, "a pattern such as gfx11* or *");
    require(!row.toolchain.empty(), file, row, "toolchain", row.toolchain,
            "a pattern such as 'GNU 12.*' or *");
    require(!row.reason.empty(), file, row, "reason", row.reason, "why it is accepted");
    require(is_date(row.expires), file, row, "expires", row.expires,
            "the last day on which it is valid, such as 2027-01-31");
    rows.push_back(row);
  };
  read_csv_file(file, {"case", "arch", "toolchain", "reason", "expires"}, add);
  return rows;
}

KnownOutcome apply_known_failures(std::span<const Record> records,
                                  std::span<const KnownFailure> known, const std::string& arch,
                                  const std::string& today) {
  KnownOutcome outcome;
  std::vector<const KnownFailure*> excuse(records.size(), nullptr);
  for (const KnownFailure& row : known) {
    if (!matches(row.arch, arch)) continue;
    const bool expired = row.expires < today;
    if (expired) {
      outcome.complaints.push_back(
          fmt::format("line {}: '{}' was accepted until {} ({}); fix it, or extend the date",
                      row.line, row.cases, row.expires, row.reason));
    }
    std::int64_t ran = 0, failed = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      if (!matches(row.cases, record.id()) ||
          !matches(row.toolchain, record.environment.compiler) ||
          record.status == Status::unsupported) {
        continue;
      }
      ++ran;
      if (!is_failure(record.status)) continue;
      ++failed;
      if (!expired && excuse[i] == nullptr) excuse[i] = &row;
    }
    if (ran > 0 && failed == 0) {
      outcome.complaints.push_back(
          fmt::format("line {}: '{}' is expected to fail ({}), and all {} of its judgements "
                      "passed; please remove it from the list",
                      row.line, row.cases, row.reason, ran));
    }
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (excuse[i] != nullptr) outcome.expected.push_back({i, excuse[i]});
    if (excuse[i] == nullptr && is_failure(records[i].status)) ++outcome.failures;
  }
  return outcome;
}

}  // namespace kernelgate
