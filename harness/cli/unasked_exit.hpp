// Guard against foreign code that calls exit() in this program's own process: it must not determine
// the exit code.
#pragma once

namespace kernelgate {

class Session;

/// From now on exit() and quick_exit() end this process with exit code 1 and a message that lists
/// the session's plugins. Child processes keep their own exit codes. Call it before any foreign
/// code runs: handlers that are registered later run earlier.
void refuse_unasked_exit(const Session& session);

/// Removes the guard, before the program leaves with its own exit code.
void allow_exit();

}  // namespace kernelgate
