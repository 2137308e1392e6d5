// Appends rows to a records file. Finished rows are never lost: not by a crash, a full disk, or a
// second process that appends to the same file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <mutex>
#include <string>

#include "harness/core/error.hpp"
#include "harness/records/record.hpp"

namespace kernelgate {

/// The file cannot take a row (full disk, no permission, a vanished device). The message contains
/// the file, the system's reason and the number of rows kept. Exit code 2, as for any unusable
/// input.
class RecordsUnwritable : public BadInput {
 public:
  using BadInput::BadInput;
};

/// Each row is one write() with O_APPEND under flock. A row is in the file when append() returns.
/// If append() throws, the file ends with the last finished row.
class RecordWriter {
 public:
  /// Opens or creates the file. Bytes after the last line end (a crash in the middle of a row) are
  /// moved to "<file>.torn" and reported on `notes`. If the file is not a records file or has
  /// another schema, throws BadInput and leaves it unchanged. Throws RecordsUnwritable if it cannot
  /// be opened.
  RecordWriter(std::filesystem::path file, std::ostream& notes);
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// Appends a row. Line ends in texts become "; ", other control characters become spaces.
  void append(const Record& record);
  /// Flushes the rows from the system to the disk.
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

/// The row as a line of the file, line end included. Throws std::logic_error with the column if a
/// field has a value that the reader would reject (a negative time).
std::string record_line(const Record& record);

/// `text` in one line: lines joined by "; ", other control characters as spaces, at most 4 KiB.
std::string one_line(std::string_view text);

}  // namespace kernelgate
