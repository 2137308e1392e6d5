// Code from outside that calls exit() in this program's own process must not decide its exit code.
#pragma once

namespace kernelgate {

class Session;

/// From now on exit() and quick_exit() end this process with exit code 1 and a message that names
/// the session's plugins. Child processes keep their own exit codes. Call it before any code from
/// outside runs: handlers that are registered later run earlier.
void refuse_unasked_exit(const Session& session);

/// Ends that: the program is about to leave with its own exit code.
void allow_exit();

}  // namespace kernelgate
