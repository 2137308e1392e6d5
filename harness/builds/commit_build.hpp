// Builds a commit of this project's repository beside the build that compares it, so that two
// commits can be compared by one command.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/builds/build.hpp"

namespace kernelgate {

struct CommitBuild {
  std::filesystem::path source;  // the checkout whose repository has the commit
  std::filesystem::path here;    // this build's folder: its options are taken over
  std::string slot;    // "baseline": <here>/compare/<slot> holds its sources and its build
  std::string commit;  // anything that git names one by
  int jobs = 1;        // of the compiler
  std::function<void(const std::string&)> say;
};

/// Checks the commit out into the slot's git worktree and builds the program there. A slot that was
/// built before is built incrementally. Paths of the slot do not get into the objects, so that
/// equal code has equal bytes. Throws BadInput with the last lines of the log for what does not
/// build.
Build build_commit(const CommitBuild& wanted);

}  // namespace kernelgate
