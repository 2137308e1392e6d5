#include "harness/history/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <sstream>

#include "harness/records/columns.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate::history {
namespace {

using synthetic::Folder;
using ::testing::HasSubstr;

void write_rows(const std::filesystem::path& file, int rows, const std::string& run) {
  std::ostringstream notes;
  RecordWriter writer(file, notes);
  for (int i = 0; i < rows; ++i) {
    Record row = synthetic::bench_row();
    row.run_id = run;
    row.seed = static_cast<std::uint64_t>(i);
    writer.append(row);
  }
}

TEST(Import, AddsTimedRowsOnceAndLeavesChecksOut) {
  const Folder f;
  std::ostringstream notes;
  write_rows(f / "a.csv", 5, "a");
  RecordWriter(f / "a.csv", notes).append(synthetic::check_row());
  const Imported first = import_records(f / "a.csv", f / "new/cpu.csv", notes);
  EXPECT_EQ(first.added, 5);
  EXPECT_EQ(first.left_out, 1);
  const Imported second = import_records(f / "a.csv", f / "new/cpu.csv", notes);
  EXPECT_EQ(second.added, 0);
  EXPECT_EQ(second.known, 5);
  EXPECT_EQ(read_records(f / "new/cpu.csv").records.size(), 5U);
}

TEST(Import, RefusesANewerSchemaInWordsAndChangesNothing) {
  const Folder f;
  std::ostringstream notes;
  write_rows(f / "cpu.csv", 2, "a");
  const std::string before = synthetic::read_all(f / "cpu.csv");
  std::string newer = record_line(synthetic::bench_row());
  newer.replace(0, 1, "6");
  synthetic::write_all(f / "newer.csv", record_header() + "\n" + newer);
  try {
    import_records(f / "newer.csv", f / "cpu.csv", notes);
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("newer.csv:2: column 'schema_version': expected 2 to 5, "
                                        "got 6: the file was written by a newer kernelgate"));
  }
  EXPECT_EQ(synthetic::read_all(f / "cpu.csv"), before);
}

TEST(Import, OfManyProcessesAtOnceLosesAndDoublesNoRow) {
  const Folder f;
  constexpr int files = 3, rows = 20;
  for (int i = 0; i < files; ++i) {
    write_rows(f / ("from" + std::to_string(i)), rows, "run " + std::to_string(i));
  }
  std::vector<pid_t> children;
  for (int child = 0; child < 2 * files; ++child) {  // each file twice
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      int status = 1;
      try {
        std::ostringstream notes;
        import_records(f / ("from" + std::to_string(child % files)), f / "cpu.csv", notes);
        status = notes.str().empty() ? 0 : 2;
      } catch (...) {
        status = 3;
      }
      ::_exit(status);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  std::map<std::string, int> count;
  for (const Record& r : read_records(f / "cpu.csv").records) ++count[r.run_id];
  EXPECT_EQ(count, (std::map<std::string, int>{{"run 0", rows}, {"run 1", rows}, {"run 2", rows}}));
}

}  // namespace
}  // namespace kernelgate::history
