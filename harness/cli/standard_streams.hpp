// The three standard streams of the program: there before anything else, and safe for a terminal.
#pragma once

#include <string>

namespace kernelgate {

/// Opens /dev/null for each of the descriptors 0 to 2 that is closed, so that no file opened later
/// gets the number of a standard stream. False when that fails.
bool open_standard_streams();

/// From now on all that this program, a plugin or a vendor's library writes to the streams stdout,
/// stderr, std::cout, std::cerr and std::clog passes through printable()
/// (harness/core/printable.hpp). What a library writes to the descriptors themselves does not.
/// Child processes that are forked keep that, programs that are started do not.
void make_standard_streams_printable();

/// Writes what stdout still holds. The system's message if that or an earlier write failed, for
/// example because the disk is full; otherwise empty.
std::string standard_output_fault();

}  // namespace kernelgate
