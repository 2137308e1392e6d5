#include "harness/report/junit.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

#include "harness/core/output_file.hpp"
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
    case Status::failed_recheck:
      return Outcome::failure;
    case Status::unsupported:
      return Outcome::skipped;
    case Status::crashed:
    case Status::timed_out:
      break;
  }
  return Outcome::error;
}

Counts count(const std::vector<Status>& statuses) {
  Counts counts;
  for (const Status status : statuses) {
    switch (outcome(status)) {
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

// Readers merge equal names, so the name of a row other than a plain check includes its kind.
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

std::string test_case(const std::string& classname, const JunitVerdict& verdict) {
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                 xml_escaped(classname), xml_escaped(verdict.name));
  const Outcome result = outcome(verdict.status);
  if (result == Outcome::passed) return text + "/>\n";
  text += ">\n";
  const std::string message = xml_escaped(verdict.message);
  if (result == Outcome::skipped) {
    text += fmt::format("      <skipped message=\"{}\"/>\n", message);
  } else {
    const std::string_view element = result == Outcome::failure ? "failure" : "error";
    text += fmt::format(
        "      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element,
        verdict.type.empty() ? name(verdict.status) : verdict.type, message,
        verdict.repro_command.empty() ? "" : "rerun: " + xml_escaped(verdict.repro_command));
  }
  return text + "    </testcase>\n";
}

// A comparison counts by its verdict, every other row by its status.
JunitVerdict verdict_of(const Record& row) {
  JunitVerdict verdict{case_name(row), row.status, row.message, repro_command(row)};
  if (row.row != RowKind::compare || row.status != Status::passed) return verdict;
  const bool slower = row.verdict == "slower";
  if (!slower && row.verdict != "invalid") return verdict;
  verdict.status = slower ? Status::incorrect : Status::crashed;  // reported as failure or as error
  verdict.type = row.verdict;
  if (slower) {
    verdict.message =
        fmt::format("{} than {}; {}", ratio_text(row.ratio_to_baseline), row.baseline, row.message);
  }
  return verdict;
}

std::string test_case(const Record& row) {
  return test_case(row.kernel + "." + row.variant, verdict_of(row));
}

// Attributes of a testsuites or testsuite element after its name.
std::string sums(const std::vector<Status>& statuses) {
  const Counts counts = count(statuses);
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", statuses.size(),
                     counts.failures, counts.errors, counts.skipped);
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

std::string junit_text(std::span<const Record> records, std::span<const JunitVerdict> verdicts) {
  std::map<std::string, std::vector<const Record*>> by_kernel;
  std::vector<Status> all, of_gate;
  for (const Record& row : records) {
    by_kernel[row.kernel].push_back(&row);
    all.push_back(verdict_of(row).status);
  }
  for (const JunitVerdict& verdict : verdicts) {
    all.push_back(verdict.status);
    of_gate.push_back(verdict.status);
  }
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kernelgate\" {}>\n",
      sums(all));
  for (const auto& [kernel, rows] : by_kernel) {
    std::vector<Status> statuses;
    for (const Record* row : rows) statuses.push_back(verdict_of(*row).status);
    text += fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{}\">\n", xml_escaped(kernel),
                        sums(statuses), xml_escaped(rows.front()->time_utc));
    text += properties(rows.front()->environment);
    for (const Record* row : rows) text += test_case(*row);
    text += "  </testsuite>\n";
  }
  if (!verdicts.empty()) {
    text += fmt::format("  <testsuite name=\"gate\" {}>\n", sums(of_gate));
    for (const JunitVerdict& verdict : verdicts) text += test_case("gate", verdict);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

void write_junit(const std::filesystem::path& file, std::span<const Record> records,
                 std::span<const JunitVerdict> verdicts) {
  write_whole_file(file, junit_text(records, verdicts));
}

}  // namespace kernelgate
