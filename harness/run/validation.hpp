// The run of `kernelgate validate`: judges and times kernels on this host and writes one folder
// with records, JUnit and a page.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

class Session;

struct ValidationSettings {
  std::vector<std::string> suites;  // empty: check smoke and edge_shapes, time speed
  std::string output = "report";    // folder
  std::uint64_t seed = 1;
  int repetitions = 5;  // samples of each timed variant
  double time_limit_seconds = 600;
  std::string throughput;  // model whose tokens per second are timed; "none"
  bool vendor = false;     // the whole suite, continuing an interrupted earlier start
};

/// Compares the model with its goldens: passes a row per golden, with that run id.
using GoldenRun =
    std::function<void(const std::string& run_id, const std::function<void(const Record&)>& done)>;

/// Runs everything and sets the session's exit code. Call it in a process without threads.
void run_validation(Session& session, const ValidationSettings& settings, const GoldenRun& goldens);

}  // namespace kernelgate
