// Tests a run's folder: no row is lost, duplicated or taken from another run.
#include "harness/records/run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "harness/core/error.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RunFolderTest : public testing::Test {
 protected:
  ~RunFolderTest() override { fs::remove_all(path); }
  std::ostringstream notes;
  fs::path path = fs::path(testing::TempDir()) / ("run_folder_" + std::to_string(getpid()));
};

Record row_of(const std::string& axes) {
  Record r = synthetic::check_row();
  r.axes = axes;
  return r;
}

TEST_F(RunFolderTest, GoesOnWhereItWas) {
  {
    RunFolder first(path, "program 1\n", notes);
    EXPECT_TRUE(first.keep(row_of("a")));
    EXPECT_FALSE(first.keep(row_of("a")));
    EXPECT_FALSE(first.finished("kv"));
    first.finish("kv");
  }
  RunFolder reopened(path, "program 1\n", notes);
  EXPECT_THAT(reopened.rows(), SizeIs(1));
  EXPECT_TRUE(reopened.has(row_of("a")));
  EXPECT_FALSE(reopened.keep(row_of("a")));
  EXPECT_TRUE(reopened.keep(row_of("b")));
  EXPECT_TRUE(reopened.finished("kv"));
  EXPECT_THAT(read_records(reopened.records()).records, SizeIs(2));
}

TEST_F(RunFolderTest, ARowCutInItsMiddleIsMadeAgain) {
  {
    RunFolder first(path, "program 1\n", notes);
    first.keep(row_of("a"));
    first.keep(row_of("b"));
  }
  fs::resize_file(path / "records.csv", fs::file_size(path / "records.csv") - 3);
  RunFolder reopened(path, "program 1\n", notes);
  EXPECT_TRUE(reopened.has(row_of("a")));
  EXPECT_FALSE(reopened.has(row_of("b")));
  EXPECT_TRUE(reopened.keep(row_of("b")));
  EXPECT_THAT(read_records(reopened.records()).records, SizeIs(2));
}

TEST_F(RunFolderTest, RefusesAnotherRun) {
  { const RunFolder first(path, "program 1\n", notes); }
  try {
    const RunFolder other(path, "program 2\n", notes);
    FAIL() << "accepted";
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("another run"));
    EXPECT_THAT(error.what(), HasSubstr("program 1"));
  }
  fs::remove(path / "run.txt");
  EXPECT_THROW(RunFolder(path, "program 1\n", notes), BadInput);
}

TEST_F(RunFolderTest, RefusesASecondStartBesideTheFirst) {
  const RunFolder first(path, "program 1\n", notes);
  try {
    const RunFolder second(path, "program 1\n", notes);
    FAIL() << "accepted";
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("another process uses it"));
  }
}

TEST_F(RunFolderTest, TellsApartWhatDiffersInAnyColumnThatMakesARow) {
  const Record base = row_of("a");
  std::vector<Record> others(8, base);
  others[0].row = RowKind::bench;
  others[1].variant = "kokkos/cpu";
  others[2].backend = Backend::source;
  others[3].data = DataMode::exact;
  others[4].device = "wide";
  others[5].schedule_seed = 3;
  others[6].cache = CacheMode::hot;
  others[7].seed = 2;
  for (const Record& other : others) EXPECT_NE(RunFolder::key(base), RunFolder::key(other));
  Record later = base;
  later.run_id = "another start";
  later.status = Status::incorrect;
  EXPECT_EQ(RunFolder::key(base), RunFolder::key(later));
}

TEST_F(RunFolderTest, FingerprintsBytes) {
  fs::create_directories(path);
  std::ofstream(path / "empty") << "";
  std::ofstream(path / "a") << "a";
  EXPECT_EQ(fingerprint(path / "empty"), "cbf29ce484222325");  // FNV-1a's own offset and
  EXPECT_EQ(fingerprint(path / "a"), "af63dc4c8601ec8c");      // published value for "a"
  EXPECT_THROW(fingerprint(path / "none"), BadInput);
}

}  // namespace
}  // namespace kernelgate
