// Setup of the program's standard streams: opened before anything else, and safe for a terminal.
#pragma once

#include <string>

namespace kernelgate {

/// Opens /dev/null for each closed descriptor from 0 to 2, so that no file opened later gets the
/// number of a standard stream. Returns false on failure.
bool open_standard_streams();

/// From now on, everything that this program, a plugin or a vendor's library writes to the streams
/// stdout, stderr, std::cout, std::cerr and std::clog passes through printable()
/// (harness/core/printable.hpp); direct writes to the descriptors do not. This also holds in forked
/// child processes, but not in other programs that are started.
void make_standard_streams_printable();

/// Flushes stdout. Returns the system's message if this or an earlier write failed, for example
/// because the disk is full; otherwise an empty text.
std::string standard_output_fault();

}  // namespace kernelgate
