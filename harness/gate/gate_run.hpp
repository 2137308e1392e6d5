// Runs the parts of a gate, each as a command of this program in its own process, so that it can be
// rerun separately.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernelgate {

class Session;

struct GateSettings {
  std::string arch;      // "cpu", or that of a device profile
  std::string output;    // folder of logs, records and summary; empty: gate-<arch>
  std::string junit;     // file; empty: none
  std::string baseline;  // build or commit for the timing part; empty: no timing
  std::string known;     // list of known failures; empty: suites/known_failures.csv
  std::vector<std::string> suites{"smoke"};
  std::uint64_t seed = 1;
  bool strict = false;          // a comparison that cannot tell closes the gate
  bool require_device = false;  // without a GPU of that vendor the gate is invalid
};

/// Runs the gate, prints and writes its summary, and sets the session's exit code. Throws BadInput
/// for an unknown architecture, an unwritable folder and a faulty list of known failures.
void run_gate(Session& session, const GateSettings& settings);

}  // namespace kernelgate
