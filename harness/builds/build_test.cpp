#include "harness/builds/build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;
using synthetic::write_all;
using ::testing::HasSubstr;

Build made(const fs::path& folder, const std::string& linear, const std::string& others) {
  const fs::path objects = folder / "kernels/linear/CMakeFiles";
  for (const char* target : {"kernel_linear_fast.dir", "kernel_linear_exact.dir", "test_linear.dir",
                             "mutant_linear_x.dir"}) {
    fs::create_directories(objects / target);
    write_all(objects / target / "a.cpp.o", others);
  }
  write_all(objects / "kernel_linear_fast.dir/a.cpp.o", linear);
  write_all(folder / "kernelgate", "#!/bin/sh\n# " + folder.string() + "\n");
  fs::permissions(folder / "kernelgate", fs::perms::owner_all);
  return find_build(folder.string()).value();
}

TEST(CodeHash, IsThatOfTheTimedObjectsOfOneKernel) {
  const synthetic::Folder f;
  const Build one = made(f / "one", "code", "x"), two = made(f / "two", "code", "y");
  EXPECT_EQ(code_hash(one, "linear"), code_hash(two, "linear"));  // programs and tests differ
  const Build three = made(f / "three", "edoc", "x");
  EXPECT_NE(code_hash(one, "linear"), code_hash(three, "linear"));
}

TEST(CodeHash, IsThatOfTheProgramWithoutObjects) {
  const synthetic::Folder f;
  const Build one = made(f / "one", "code", "x"), two = made(f / "two", "code", "x");
  EXPECT_NE(code_hash(one, "top_k"), code_hash(two, "top_k"));
  EXPECT_EQ(code_hash(one, "top_k"), code_hash(one, "top_k"));
}

TEST(FindBuild, TakesAFolderOrAProgramAndLeavesTheRestToGit) {
  const synthetic::Folder f;
  const Build one = made(f / "one", "code", "x");
  EXPECT_EQ(one.program.filename(), "kernelgate");
  const Build same = find_build((f / "one/kernelgate").string()).value();
  EXPECT_EQ(same.program, one.program);
  EXPECT_EQ(same.folder, one.folder);
  EXPECT_FALSE(find_build("HEAD~1").has_value());
  fs::create_directories(f / "empty");
  try {
    find_build((f / "empty").string());
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("empty: expected a build folder with the program"));
  }
}

}  // namespace
}  // namespace kernelgate
