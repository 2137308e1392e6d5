#include "harness/report/junit.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

#include "harness/report/file.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

struct Counts {
  int failures = 0, errors = 0, skipped = 0;
};

enum class Outcome { passed, failure, error, skipped };

Outcome outcome(Status status) {
  switch (status) {
    case Status::passed:
      return Outcome::passed;
    case Status::incorrect:
    case Status::mistrusted:
      return Outcome::failure;
    case Status::unsupported:
      return Outcome::skipped;
    case Status::crashed:
    case Status::timed_out:
      break;
  }
  return Outcome::error;
}

Counts count(const std::vector<const Record*>& rows) {
  Counts counts;
  for (const Record* row : rows) {
    switch (outcome(row->status)) {
      case Outcome::passed:
        break;
      case Outcome::failure:
        ++counts.failures;
        break;
      case Outcome::error:
        ++counts.errors;
        break;
      case Outcome::skipped:
        ++counts.skipped;
        break;
    }
  }
  return counts;
}

// Equal names would be merged: a row that is not a plain check says what it is.
std::string case_name(const Record& row) {
  std::string text = row.axes;
  if (row.data) text += fmt::format(" {}", name(*row.data));
  if (row.seed) text += fmt::format(" seed {}", *row.seed);
  if (!row.device.empty()) text += fmt::format(" on {}", row.device);
  if (row.schedule_seed) text += fmt::format(" schedule {}", *row.schedule_seed);
  if (row.row != RowKind::check) text += fmt::format(" {}", name(row.row));
  if (row.cache) text += fmt::format(" {}", name(*row.cache));
  return text;
}

std::string test_case(const Record& row) {
  std::string text =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                  xml_escaped(row.kernel + "." + row.variant), xml_escaped(case_name(row)));
  const Outcome result = outcome(row.status);
  if (result == Outcome::passed) return text + "/>\n";
  text += ">\n";
  const std::string message = xml_escaped(row.message);
  if (result == Outcome::skipped) {
    text += fmt::format("      <skipped message=\"{}\"/>\n", message);
  } else {
    const std::string_view element = result == Outcome::failure ? "failure" : "error";
    text += fmt::format("      <{0} type=\"{1}\" message=\"{2}\">again: {3}</{0}>\n", element,
                        name(row.status), message, xml_escaped(again(row)));
  }
  return text + "    </testcase>\n";
}

std::string properties(const Environment& here) {
  std::string text = "    <properties>\n";
  const auto add = [&](std::string_view key, std::string_view value) {
    text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", key, xml_escaped(value));
  };
  add("cpu", here.cpu);
  add("threads", std::to_string(here.threads));
  add("os", here.os);
  add("compiler", here.compiler);
  add("flags", here.flags);
  add("commit", here.commit);
  add("kokkos", here.kokkos);
  return text + "    </properties>\n";
}

}  // namespace

std::string junit_text(std::span<const Record> records) {
  std::map<std::string, std::vector<const Record*>> by_kernel;
  std::vector<const Record*> all;
  for (const Record& row : records) {
    by_kernel[row.kernel].push_back(&row);
    all.push_back(&row);
  }
  const Counts sum = count(all);
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"kernelgate\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "skipped=\"{}\">\n",
      all.size(), sum.failures, sum.errors, sum.skipped);
  for (const auto& [kernel, rows] : by_kernel) {
    const Counts counts = count(rows);
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "timestamp=\"{}\">\n",
        xml_escaped(kernel), rows.size(), counts.failures, counts.errors, counts.skipped,
        xml_escaped(rows.front()->time_utc));
    text += properties(rows.front()->environment);
    for (const Record* row : rows) text += test_case(*row);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

void write_junit(const std::filesystem::path& file, std::span<const Record> records) {
  write_whole_file(file, junit_text(records));
}

}  // namespace kernelgate
