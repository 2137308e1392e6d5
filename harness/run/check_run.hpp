// Correctness checks of many cases, shared by `check` and `validate`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/records/record.hpp"
#include "harness/run/finished_rows.hpp"
#include "harness/run/session.hpp"
#include "harness/run/virtual_runs.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// One judged variant: its row, and the whole message, of which the row stores the first line.
struct Checked {
  Record record;
  std::string message;
  std::vector<LaunchCounters> counters = {};  // of its launches; empty without --counters
};

/// Settings of a check run and the run itself.
struct CheckRun {
  std::vector<DataMode> modes{DataMode::exact, DataMode::real};
  std::uint64_t seed = 1;
  double time_limit_seconds = 600;  // per case and variant, reference included
  bool isolated = true;             // in a child that may crash or hang
  std::string run_id;
  int threads = 0;
  std::vector<std::string> plugin_words;   // --plugin FILE per plugin, for the rows' options
  VirtualRunOptions virtual_runs;          // of native variants
  const FinishedRows* finished = nullptr;  // skipped; null: nothing is skipped

  /// Judges every variant of every case in every mode; calls `done` in that order. In exact mode, a
  /// case without exact inputs gives one row `unsupported` with the reason. A native variant is
  /// judged once per virtual device and schedule; if it declares its bits reproducible, the bits of
  /// all schedules of a case must agree. A case that a device does not support gives one row, not
  /// one per mode.
  void run(const std::vector<SuiteCase>& cases,
           const std::function<void(const Checked&)>& done) const;
  /// Number of calls of `done`.
  std::int64_t count(const std::vector<SuiteCase>& cases) const;
};

/// A row as text for a pipe: every column, then the whole message and the counters.
std::string pack(const Checked& checked);
Checked unpack(const std::string& text);

/// Several rows. unpack_rows() throws BadInput for a text of refusal_text() (child_answer.hpp).
std::string pack_rows(const std::vector<Record>& rows);
std::vector<Record> unpack_rows(const std::string& text);

}  // namespace kernelgate
