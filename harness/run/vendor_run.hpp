// Additions of `validate --vendor` to a plain run: an identity, so that a second start continues
// only its own rows, and files that describe the run to others.
#pragma once

#include <span>
#include <string>

#include "harness/records/record.hpp"
#include "harness/records/run_folder.hpp"

namespace kernelgate {

/// Hash of this program's file, its commit, this machine and the requested run, as lines of text.
std::string run_identity(const std::string& asked);

/// Writes environment.txt, reproduce.txt (the commands of the run and of each row) and support.md.
/// Returns false if the support matrix could not be made; support.txt contains the reason.
bool leave_for_others(const RunFolder& folder, const std::string& command,
                      std::span<const Record> rows);

}  // namespace kernelgate
