#include "harness/records/record_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "harness/records/columns.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using synthetic::bench_row;
using synthetic::check_row;
using synthetic::Folder;
using synthetic::read_all;
using synthetic::write_all;
using ::testing::HasSubstr;

template <class Error, class Work>
std::string message_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(RecordWriter, WritesTheHeaderOnceHoweverOftenTheFileIsOpened) {
  const Folder folder;
  std::ostringstream notes;
  for (int run = 0; run < 3; ++run) RecordWriter(folder / "r.csv", notes).append(check_row());
  const std::string text = read_all(folder / "r.csv");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_TRUE(text.starts_with(record_header() + "\n"));
  EXPECT_EQ(text.find("schema_version", 1), std::string::npos);
  EXPECT_EQ(notes.str(), "");
}

TEST(RecordWriter, MovesATornLastLineAsideAndKeepsAllFinishedRows) {
  const Folder folder;
  std::ostringstream notes;
  RecordWriter(folder / "r.csv", notes).append(check_row());
  const std::string whole = read_all(folder / "r.csv");
  write_all(folder / "r.csv", whole + "1,2026-01-31T23:5");
  RecordWriter writer(folder / "r.csv", notes);
  EXPECT_EQ(read_all(folder / "r.csv"), whole);
  EXPECT_EQ(read_all(folder / "r.csv.torn"), "1,2026-01-31T23:5\n");
  EXPECT_THAT(notes.str(), HasSubstr("r.csv: the last line was torn (17 bytes"));
  EXPECT_THAT(notes.str(), HasSubstr("r.csv.torn"));
  writer.append(bench_row());
  EXPECT_EQ(read_records(folder / "r.csv").records,
            (std::vector<Record>{check_row(), bench_row()}));
}

TEST(RecordWriter, RepairsALineThatAnotherWriterToreWhileThisOneWasOpen) {
  const Folder folder;
  std::ostringstream notes;
  RecordWriter writer(folder / "r.csv", notes);
  std::ofstream(folder / "r.csv", std::ios::app) << "1,half a row";
  writer.append(check_row());
  EXPECT_EQ(read_records(folder / "r.csv").records, std::vector<Record>{check_row()});
  EXPECT_EQ(read_all(folder / "r.csv.torn"), "1,half a row\n");
}

TEST(RecordWriter, FinishesAFileWhoseVeryHeaderIsTorn) {
  const Folder folder;
  std::ostringstream notes;
  write_all(folder / "r.csv", record_header().substr(0, 30));
  RecordWriter(folder / "r.csv", notes).append(check_row());
  EXPECT_EQ(read_records(folder / "r.csv").records, std::vector<Record>{check_row()});
}

TEST(RecordWriter, LeavesAFileThatIsNoRecordsFileAsItIs) {
  const Folder folder;
  std::ostringstream notes;
  for (const std::string bytes :
       {"my precious notes", "a,b\n1,2\n", "schema_version,kernel\n1,x\n"}) {
    write_all(folder / "notes.txt", bytes);
    const std::string message =
        message_of<BadInput>([&] { RecordWriter(folder / "notes.txt", notes); });
    EXPECT_THAT(message, HasSubstr("notes.txt:1: expected the columns of records schema 5"));
    EXPECT_EQ(read_all(folder / "notes.txt"), bytes);
  }
}

TEST(RecordWriter, SaysAFullDiskAndTheReasonInItsError) {
  std::ostringstream notes;
  const std::string message =
      message_of<RecordsUnwritable>([&] { RecordWriter("/dev/full", notes).append(check_row()); });
  EXPECT_THAT(message, HasSubstr("cannot write to '/dev/full': No space left on device; 0 rows"));
}

TEST(RecordWriter, NamesAFolderThatDoesNotExist) {
  const Folder folder;
  std::ostringstream notes;
  EXPECT_THAT(message_of<BadInput>([&] { RecordWriter(folder / "no/r.csv", notes); }),
              HasSubstr("no/r.csv': No such file or directory"));
}

TEST(RecordWriter, KeepsEveryFinishedRowWhenTheDiskFillsUp) {
  const Folder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "a small disk needs the right to mount one";
  }
  std::ostringstream notes;
  std::int64_t appended = 0;
  std::string message;
  {
    RecordWriter writer(folder / "r.csv", notes);
    message = message_of<RecordsUnwritable>([&] {
      for (; appended < 10000; ++appended) {
        Record row = bench_row();
        row.seed = static_cast<std::uint64_t>(appended);
        writer.append(row);
      }
    });
    EXPECT_EQ(writer.rows_written(), appended);
  }
  EXPECT_GT(appended, 20);
  EXPECT_LT(appended, 10000);
  EXPECT_THAT(message, HasSubstr(std::to_string(appended) + " rows of this run are kept"));
  const RecordFile file = read_records(folder / "r.csv");
  EXPECT_FALSE(file.torn.has_value());
  EXPECT_EQ(static_cast<std::int64_t>(file.records.size()), appended);
  ::umount(folder.path().c_str());
}

TEST(RecordWriter, LosesAndMixesNoRowWhenTwoProcessesWriteAtOnce) {
  const Folder folder;
  constexpr int rows = 200;
  std::vector<pid_t> children;
  for (int child = 0; child < 2; ++child) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      int status = 1;
      try {
        std::ostringstream notes;
        RecordWriter writer(folder / "r.csv", notes);
        Record row = synthetic::incorrect_row();
        row.run_id = "child " + std::to_string(child);
        for (int i = 0; i < rows; ++i) {
          row.seed = static_cast<std::uint64_t>(i);
          writer.append(row);
        }
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
  std::map<std::string, std::uint64_t> next;  // each writer's rows keep their order
  for (const Record& record : read_records(folder / "r.csv").records) {
    EXPECT_EQ(record.seed, next[record.run_id]++);
  }
  EXPECT_EQ(next, (std::map<std::string, std::uint64_t>{{"child 0", rows}, {"child 1", rows}}));
}

TEST(RecordWriter, RefusesARowThatTheReaderWouldRefuse) {
  Record row = bench_row();
  row.time_median_seconds = -1;
  EXPECT_THAT(message_of<std::logic_error>([&] { record_line(row); }),
              HasSubstr("column 'time_median_seconds': expected a number of 0 or more"));
}

TEST(RecordWriter, JoinsTheLinesOfAMessageAndEscapesControlCharacters) {
  EXPECT_EQ(one_line("  worst    y[3,96]\n  pattern  32 of 64\r\n"),
            "worst    y[3,96]; pattern  32 of 64");
  EXPECT_EQ(one_line(std::string_view("a\0b\x1b[0m", 7)), "a\\x00b\\x1b[0m");
  EXPECT_EQ(one_line("\n\n"), "");
  const std::string full(4095, 'x');
  EXPECT_EQ(one_line(full + "ü and so on"), full + " …");  // never cut inside a character
}

}  // namespace
}  // namespace kernelgate
