#include "harness/core/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "harness/core/error.hpp"
#include "harness/core/synthetic_folder.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

/// Sets TMPDIR for a test and restores it when the test ends.
class TemporaryFolderName : public ::testing::Test {
 protected:
  TemporaryFolderName() : before_(std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR")) {}
  ~TemporaryFolderName() override {
    if (before_.empty()) ::unsetenv("TMPDIR");
    if (!before_.empty()) ::setenv("TMPDIR", before_.c_str(), 1);
  }

  static std::string error_message(const std::string& value) {
    ::setenv("TMPDIR", value.c_str(), 1);
    try {
      return "took " + temporary_folder("or give --expert-folder").string();
    } catch (const BadInput& error) {
      return error.what();
    }
  }

  synthetic::Folder folder;

 private:
  std::string before_;
};

TEST_F(TemporaryFolderName, WhatCannotBeUsedIsNamedWithAWayOut) {
  EXPECT_EQ(
      error_message("/nowhere/tmp"),
      "TMPDIR=/nowhere/tmp: the folder for temporary files: no such folder; expected a folder "
      "that can be written, or give --expert-folder");
  const std::string file = folder / "file";
  std::ofstream(file) << "text";
  EXPECT_EQ(error_message(file),
            "TMPDIR=" + file +
                ": the folder for temporary files: not a folder; expected a folder "
                "that can be written, or give --expert-folder");
  if (::geteuid() == 0) return;  // root can write everywhere
  const fs::path locked = folder / "locked";
  fs::create_directory(locked);
  fs::permissions(locked, fs::perms::owner_read);
  EXPECT_NE(error_message(locked).find("cannot be written: Permission denied"), std::string::npos);
}

TEST_F(TemporaryFolderName, TheVariableIsTakenAndTmpWithoutIt) {
  EXPECT_EQ(error_message(folder.path()), "took " + folder.path().string());
  EXPECT_EQ(error_message(""), "took /tmp");
  ::unsetenv("TMPDIR");
  EXPECT_EQ(temporary_folder(), "/tmp");
}

}  // namespace
}  // namespace kernelgate
