// Appends rows to a records file so that no finished row is ever lost: not by a crash, not by a
// full disk, not by a second process that appends to the same file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <mutex>
#include <string>

#include "harness/core/error.hpp"
#include "harness/records/record.hpp"

namespace kernelgate {

/// The file cannot take a row (full disk, no permission, a vanished device). Names the file, the
/// system's reason and the rows kept. Exit code 2, as for any input that cannot be used.
class RecordsUnwritable : public BadInput {
 public:
  using BadInput::BadInput;
};

/// One row is one write() with O_APPEND under flock. A row is in the file when append() returns;
/// when append() throws, the file ends with the last finished row.
class RecordWriter {
 public:
  /// Opens or makes the file. Bytes after the last line end (a crash in the middle of a row) are
  /// moved to "<file>.torn" and said on `notes`. Throws BadInput for a file that is no records file
  /// or of another schema, and leaves it as it is; RecordsUnwritable when it cannot be opened.
  RecordWriter(std::filesystem::path file, std::ostream& notes);
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// Line ends and other control characters in texts become "; " and spaces.
  void append(const Record& record);
  /// Waits until the rows are on the disk, not only with the system.
  void sync();

  std::int64_t rows_written() const { return rows_written_; }
  const std::filesystem::path& file() const { return file_; }

 private:
  class Lock;
  void prepare_end(const Lock&);
  void move_torn_bytes(const std::string& torn, std::int64_t keep);
  void write_line(const std::string& line);
  [[noreturn]] void fail(const std::string& doing, int reason) const;

  std::filesystem::path file_;
  std::ostream& notes_;
  std::mutex mutex_;
  int descriptor_ = -1;
  std::int64_t rows_written_ = 0;
};

/// The row as its line of the file, line end included. Throws std::logic_error naming the column
/// when a field holds what the reader would refuse (a negative time).
std::string record_line(const Record& record);

/// `text` in one line: lines joined by "; ", other control characters as spaces, at most 4 KiB.
std::string one_line(std::string_view text);

}  // namespace kernelgate
