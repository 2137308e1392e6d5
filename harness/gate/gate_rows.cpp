#include "harness/gate/gate_rows.hpp"

#include <fmt/format.h>

#include <set>

#include "harness/core/variant_role.hpp"
#include "harness/report/covered.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {

void judge_rows(GatePart& part, std::span<const Record> rows, std::span<const KnownFailure> known,
                const std::string& arch, const std::string& today, ExitCode end) {
  const KnownOutcome outcome = apply_known_failures(rows, known, arch, today);
  std::int64_t passed = 0, refused = 0;
  std::set<std::string> devices;  // of executors and GPUs
  for (const Record& row : rows) {
    if (role_of(row.variant) == VariantRole::reference) continue;
    passed += row.status == Status::passed;
    refused += row.status == Status::unsupported;
    if (row.status == Status::unsupported) continue;
    part.kind = row.provenance;
    if (!row.device.empty()) devices.insert(row.device);
  }
  const auto expected = static_cast<std::int64_t>(outcome.expected.size());
  part.words = fmt::format("{} passed, {} failed", passed, outcome.failures);
  if (expected != 0) part.words += fmt::format(", {} failed as expected", expected);
  if (refused != 0) part.words += fmt::format(", {} unsupported", refused);
  if (!devices.empty()) part.words += ", " + run_words(devices);

  const bool explained = end == ExitCode::clean || end == ExitCode::nothing_ran ||
                         (end == ExitCode::incorrect && outcome.failures + expected != 0);
  if (outcome.failures != 0) {
    part.state = PartState::failed;
  } else if (!explained) {
    part.state = state_of(end);
  } else {
    part.state = passed + expected != 0 ? PartState::passed : PartState::not_run;
  }
}

}  // namespace kernelgate
