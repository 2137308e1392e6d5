// The three standard streams of the program: there before anything else, and safe for a terminal.
#pragma once

namespace kernelgate {

/// Opens /dev/null for each of the descriptors 0 to 2 that is closed, so that no file of this
/// program or of a library becomes the standard output of somebody. False when that fails.
bool open_standard_streams();

/// From now on all that this process writes to stdout, stderr, std::cout, std::cerr and std::clog
/// passes through printable() (harness/core/printable.hpp), whoever writes it: this program, a
/// plugin, a vendor's library. Child processes that are forked keep that, programs that are started
/// do not.
void make_standard_streams_printable();

}  // namespace kernelgate
