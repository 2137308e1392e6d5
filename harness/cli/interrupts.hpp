// A run that somebody ends (Ctrl-C, a scheduler's SIGTERM, a closed terminal) says what is kept.
#pragma once

namespace kernelgate {

/// On SIGINT, SIGTERM and SIGHUP: one line on stderr, then the signal's own end, so that a shell
/// and a scheduler see how it ended. Finished rows are in the records file by then.
void say_when_interrupted();

/// Back to the signals' own ends: in a child, whose parent does the talking.
void leave_interrupts_alone();

}  // namespace kernelgate
