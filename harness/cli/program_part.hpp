// Another subcommand as part of a job: a process of its own, so that a model too large for the
// machine, or a crash, costs that part alone.
#pragma once

#include <string>
#include <vector>

namespace kernelgate {

/// Runs this program with `arguments` and waits; its output goes where this one's goes. Returns
/// its exit code, or 128 and the signal that ended it. Throws BadInput when it cannot be started.
int run_program_part(std::vector<std::string> arguments);

}  // namespace kernelgate
