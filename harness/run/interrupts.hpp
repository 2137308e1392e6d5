// Message of an interrupted run (Ctrl-C, a scheduler's SIGTERM, a closed terminal).
#pragma once

namespace kernelgate {

/// From now on SIGINT, SIGTERM and SIGHUP print one line to stderr, then end the process by the
/// signal itself, so that a shell or scheduler sees the cause. By then the finished rows are in the
/// records file.
void say_when_interrupted();

/// Restores the signals' default actions: for a child process, whose parent prints the message.
void leave_interrupts_alone();

}  // namespace kernelgate
