// The folder of a long run that may be killed at any moment and restarted. Stores which run it is
// and which rows it has, so that no row is made twice.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "harness/records/record.hpp"
#include "harness/records/record_writer.hpp"

namespace kernelgate {

class RunFolder {
 public:
  /// Creates the folder, or opens it to resume. `identity` must be equal to resume: the program's
  /// bytes, the suites, the seed. It is stored in run.txt. Throws BadInput, and changes nothing, if
  /// the folder contains another run or a records file without a run, if it cannot be written, or
  /// if another process still works in it after a wait of five seconds.
  RunFolder(const std::filesystem::path& folder, const std::string& identity, std::ostream& notes);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Rows of earlier starts, then of this one, in the order of the file.
  const std::vector<Record>& rows() const { return rows_; }
  bool has(const Record& row) const { return keys_.contains(key(row)); }
  /// Appends a row unless it is present. Returns whether it was appended.
  bool keep(const Record& row);

  /// Whether a part without rows of its own was finished.
  bool finished(const std::string& part) const;
  void finish(const std::string& part);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path records() const { return folder_ / "records.csv"; }

  /// Identity of a row: rows with equal keys are the same judgement, timing or count.
  static std::string key(const Record& row);

 private:
  static int locked(const std::filesystem::path& folder);
  static std::filesystem::path opened(const std::filesystem::path& folder,
                                      const std::string& identity);

  std::filesystem::path folder_;
  int lock_ = -1;
  RecordWriter writer_;
  std::vector<Record> rows_;
  std::set<std::string> keys_;
};

/// A 64-bit fingerprint of a file's bytes (FNV-1a), as 16 hexadecimal digits. Throws BadInput when
/// it cannot be read.
std::string fingerprint(const std::filesystem::path& file);

}  // namespace kernelgate
