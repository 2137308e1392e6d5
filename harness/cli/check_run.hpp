// Judging many cases: what `check` and `validate` share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/cli/finished_rows.hpp"
#include "harness/cli/session.hpp"
#include "harness/cli/virtual_runs.hpp"
#include "harness/records/record.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// One judged variant: its row, and the whole message where the row holds one line.
struct Checked {
  Record record;
  std::string message;
  std::vector<LaunchCounters> counters = {};  // of its launches, where they are counted
};

struct CheckRun {
  std::vector<DataMode> modes{DataMode::exact, DataMode::real};
  std::uint64_t seed = 1;
  double time_limit_seconds = 600;  // of one case and variant, truth included
  bool isolated = true;             // in a child that may crash or hang
  std::string run_id;
  int threads = 0;
  std::vector<std::string> plugin_words;   // --plugin FILE of each, for the rows' options
  VirtualRunOptions virtual_runs;          // of native variants
  const Registry* registry = nullptr;      // holds the slots of their devices
  const FinishedRows* finished = nullptr;  // left out; none: nothing is

  /// Judges every variant of every case in every mode; calls `done` in that order. A case without
  /// exact inputs gives one row `unsupported` with the reason for its exact mode. A native variant
  /// is judged once a virtual device and schedule; where it declares its bits reproducible, those
  /// of all schedules of a case must agree. What a device refuses has one row a case, not a mode.
  void run(const std::vector<SuiteCase>& cases,
           const std::function<void(const Checked&)>& done) const;
  /// How many times `done` will be called.
  std::int64_t count(const std::vector<SuiteCase>& cases) const;
};

/// Rows as text through a pipe: every column, then the whole message.
std::string pack(const Checked& checked);
Checked unpack(const std::string& text);

/// Several rows. unpack_rows() throws BadInput with the reason of a refusal (child_answer.hpp).
std::string pack_rows(const std::vector<Record>& rows);
std::vector<Record> unpack_rows(const std::string& text);

}  // namespace kernelgate
