// Builds a commit of this project's repository next to the current build, so that one command can
// compare two commits.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/builds/build.hpp"

namespace kernelgate {

struct CommitBuild {
  std::filesystem::path source;  // the checkout whose repository has the commit
  std::filesystem::path here;    // this build's folder; its options are copied
  std::string slot;              // "baseline": <here>/compare/<slot> has sources and build
  std::string commit;            // any revision that git accepts
  int jobs = 1;                  // parallel compiler jobs
  std::function<void(const std::string&)> say;
};

/// Checks the commit out into the slot's git worktree and builds the program there, incrementally
/// if the slot was built before. The objects do not contain the slot's paths, so that equal code
/// has equal bytes. Throws BadInput with the last lines of the log if the build fails.
Build build_commit(const CommitBuild& wanted);

}  // namespace kernelgate
