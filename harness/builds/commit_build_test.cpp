#include "harness/builds/commit_build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/process.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;
using synthetic::Folder;
using synthetic::read_all;
using synthetic::write_all;
using ::testing::HasSubstr;

/// A repository whose "program" is a text that the configure step copies, so that commits build in
/// a second.
class Repository {
 public:
  Repository() {
    fs::create_directories(path());
    git({"init", "--quiet"});
    git({"config", "user.name", "nobody"});
    git({"config", "user.email", "nobody@localhost"});
    write_all(path() / "CMakeLists.txt",
              "cmake_minimum_required(VERSION 3.25)\nproject(fake NONE)\n"
              "configure_file(program.txt ${PROJECT_BINARY_DIR}/kernelgate COPYONLY)\n"
              "add_custom_target(kernelgate COMMAND ${CMAKE_COMMAND} -E echo built)\n");
    commit("first");
    commit("second");
  }
  fs::path path() const { return folder_ / "repository"; }
  fs::path here() const { return folder_ / "build"; }
  void commit(const std::string& program) {
    write_all(path() / "program.txt", program);
    git({"add", "--all"});
    git({"commit", "--quiet", "--message", program});
  }
  Build build(const std::string& slot, const std::string& commit) {
    return build_commit({path(), here(), slot, commit, 1,
                         [this](const std::string& words) { said_ += words + "\n"; }});
  }
  const std::string& said() const { return said_; }

 private:
  void git(std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", path().string(), "-c", "commit.gpgsign=false"});
    const ProcessEnd end = run_process({.words = words, .time_limit_seconds = 60});
    if (!end.well()) throw std::runtime_error(end.errors);
  }
  Folder folder_;
  std::string said_;
};

TEST(CommitBuild, HasEachSideInASlotOfItsOwn) {
  Repository repository;
  const Build old = repository.build("baseline", "HEAD~1");
  const Build now = repository.build("candidate", "HEAD");
  EXPECT_EQ(read_all(old.program), "first");
  EXPECT_EQ(read_all(now.program), "second");
  EXPECT_EQ(old.origin, "HEAD~1");
  EXPECT_THAT(repository.said(), HasSubstr("builds HEAD~1 ("));
}

TEST(CommitBuild, GoesOnInASlotThatWasBuiltBefore) {
  Repository repository;
  const Build before = repository.build("baseline", "HEAD~1");
  const fs::path kept = before.folder / "kept";  // an incremental build keeps its folder
  write_all(kept, "");
  const Build after = repository.build("baseline", "HEAD");
  EXPECT_EQ(read_all(after.program), "second");
  EXPECT_TRUE(fs::exists(kept));
}

TEST(CommitBuild, SaysWhatIsNoCommitAndWhatDoesNotBuild) {
  Repository repository;
  const auto error_message = [&](const std::string& commit) {
    try {
      repository.build("baseline", commit);
    } catch (const BadInput& error) {
      return std::string(error.what());
    }
    return std::string("nothing was refused");
  };
  EXPECT_THAT(error_message("no-such"),
              HasSubstr("'no-such': expected a build folder, a program or a commit of"));
  write_all(repository.path() / "CMakeLists.txt", "message(FATAL_ERROR \"broken here\")\n");
  repository.commit("third");
  EXPECT_THAT(error_message("HEAD"), HasSubstr("configuring HEAD: exit code 1"));
  EXPECT_THAT(error_message("HEAD"), HasSubstr("broken here"));  // the end of the log
}

}  // namespace
}  // namespace kernelgate
