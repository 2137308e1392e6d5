#include "harness/builds/commit_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/process.hpp"
#include "harness/core/shell.hpp"
#include "harness/core/text_parts.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

std::string last_lines(const fs::path& file, std::size_t count) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::string text;
  const std::size_t first = lines.size() > count ? lines.size() - count : 0;
  for (std::size_t i = first; i < lines.size(); ++i) text += "\n  " + lines[i];
  return text;
}

std::string git(const fs::path& source, std::vector<std::string> words, const std::string& what) {
  std::vector<std::string> line{"git", "-C", source.string()};
  line.insert(line.end(), words.begin(), words.end());
  const ProcessEnd end = run_process({.words = line, .time_limit_seconds = 600});
  if (end.well()) return std::string(trimmed(end.output, " \n"));
  throw BadInput(fmt::format("{}: {}: {}", what, end.describe(), trimmed(end.errors, " \n")));
}

void logged(const std::vector<std::string>& words, const fs::path& log, const std::string& what) {
  const ProcessEnd end = run_process({words, ProcessOutput::log_end, log});
  if (end.well()) return;
  throw BadInput(fmt::format("{}: {} ({}); the end of {}:{}", what, end.describe(),
                             shell_line(words), log.string(), last_lines(log, 20)));
}

/// Options of the comparing build that affect the kernels' code.
std::vector<std::string> options_of(const fs::path& build, const fs::path& slot) {
  const std::vector<std::string> taken{
      "CMAKE_BUILD_TYPE",   "CMAKE_CXX_COMPILER",          "KERNELGATE_ARCH",
      "KERNELGATE_KERNELS", "KERNELGATE_KOKKOS",           "KERNELGATE_CUDA",
      "KERNELGATE_HIP",     "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_PREFIX_PATH"};
  std::vector<std::string> options;
  std::string flags;
  std::ifstream cache(build / "CMakeCache.txt");
  for (std::string line; std::getline(cache, line);) {
    const std::size_t colon = line.find(':');
    const std::size_t equals = line.find('=', colon == std::string::npos ? 0 : colon);
    if (colon == std::string::npos || equals == std::string::npos) continue;
    const std::string key = line.substr(0, colon);
    if (key == "CMAKE_CXX_FLAGS") flags = line.substr(equals + 1);
    if (std::find(taken.begin(), taken.end(), key) == taken.end()) continue;
    options.push_back("-D" + key + "=" + line.substr(equals + 1));
  }
  options.push_back("-DKERNELGATE_TESTS=OFF");
  options.push_back(fmt::format("-DCMAKE_CXX_FLAGS={}{}-ffile-prefix-map={}=.", flags,
                                flags.empty() ? "" : " ", slot.string()));
  return options;
}

void check_out(const CommitBuild& wanted, const fs::path& source, const std::string& commit) {
  const std::string what = fmt::format("checking {} out into {}", wanted.commit, source.string());
  if (fs::exists(source / ".git")) {
    git(source, {"checkout", "--quiet", "--detach", "--force", commit}, what);
    return;
  }
  git(wanted.source, {"worktree", "prune"}, what);
  git(wanted.source, {"worktree", "add", "--quiet", "--detach", source.string(), commit}, what);
  // Libraries that the setup installed in the checkout, outside git.
  std::error_code none;
  if (fs::exists(wanted.source / ".deps", none) && !fs::exists(source / ".deps", none)) {
    fs::create_directory_symlink(fs::canonical(wanted.source / ".deps"), source / ".deps", none);
  }
}

}  // namespace

Build build_commit(const CommitBuild& wanted) {
  const std::string commit =
      git(wanted.source, {"rev-parse", "--verify", "--quiet", wanted.commit + "^{commit}"},
          fmt::format("'{}': expected a build folder, a program or a commit of {}", wanted.commit,
                      wanted.source.string()));
  const fs::path slot = wanted.here / "compare" / wanted.slot;
  const fs::path source = slot / "source", build = slot / "build", log = slot / "log.txt";
  fs::create_directories(slot);
  fs::remove(log);
  check_out(wanted, source, commit);
  wanted.say(
      fmt::format("builds {} ({}) in {}", wanted.commit, commit.substr(0, 12), slot.string()));
  std::vector<std::string> configure{"cmake",        "-S", source.string(), "-B",
                                     build.string(), "-G", "Ninja"};
  const std::vector<std::string> options = options_of(wanted.here, source);
  configure.insert(configure.end(), options.begin(), options.end());
  logged(configure, log, "configuring " + wanted.commit);
  logged({"cmake", "--build", build.string(), "--target", "kernelgate", "--parallel",
          std::to_string(wanted.jobs)},
         log, "building " + wanted.commit);
  return {build / "kernelgate", build, wanted.commit};
}

}  // namespace kernelgate
