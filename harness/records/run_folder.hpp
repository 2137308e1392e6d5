// The folder of a long run that may be killed at any moment and started again: which run it is, and
// which rows it has. A row that is in the file is never made again, and none is made twice.
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
  /// Makes the folder, or opens it to go on. `identity` is what must be the same for that: the
  /// program's bytes, the suites, the seed; it lies in run.txt. Throws BadInput, and changes
  /// nothing, where the folder holds another run, a records file of no run, or cannot be written;
  /// and where another start is at work in it, after five seconds in which it may come to its end.
  RunFolder(const std::filesystem::path& folder, const std::string& identity, std::ostream& notes);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Rows of earlier starts, then of this one, in the order of the file.
  const std::vector<Record>& rows() const { return rows_; }
  bool has(const Record& row) const { return keys_.contains(key(row)); }
  /// Appends a row, unless it is there. True: it was not.
  bool keep(const Record& row);

  /// Whether a part that has no rows of its own to go by was finished.
  bool finished(const std::string& part) const;
  void finish(const std::string& part);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path records() const { return folder_ / "records.csv"; }

  /// What makes two rows the same judgement, timing or count.
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
