// What `validate --vendor` has beside a plain run: an identity, so that a second start goes on with
// its own rows alone, and files for those who were not there.
#pragma once

#include <span>
#include <string>

#include "harness/records/record.hpp"
#include "harness/records/run_folder.hpp"

namespace kernelgate {

/// This program's bytes and this machine, with what was asked of them, as lines of text.
std::string run_identity(const std::string& asked);

/// environment.txt, reproduce.txt (the command of the run and of each row) and support.md. False:
/// the matrix could not be made; support.txt says why.
bool leave_for_others(const RunFolder& folder, const std::string& command,
                      std::span<const Record> rows);

}  // namespace kernelgate
