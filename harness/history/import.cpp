#include "harness/history/import.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <set>

#include "harness/records/record_reader.hpp"
#include "harness/records/record_writer.hpp"

namespace kernelgate::history {
namespace {

namespace fs = std::filesystem;

/// Locks a folder against other imports; leaves no file behind.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    int held = descriptor_ < 0 ? -1 : ::flock(descriptor_, LOCK_EX);
    while (held != 0 && errno == EINTR) held = ::flock(descriptor_, LOCK_EX);
    if (held != 0) {
      throw BadInput(fmt::format("import: cannot lock the folder '{}': {}", folder.string(),
                                 std::strerror(errno)));
    }
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

RecordFile read_noted(const fs::path& file, std::ostream& notes) {
  RecordFile read = read_records(file);
  if (read.torn) notes << *read.torn << '\n';
  return read;
}

}  // namespace

Imported import_records(const fs::path& from, const fs::path& into, std::ostream& notes) {
  const RecordFile source = read_noted(from, notes);
  const fs::path folder = into.has_parent_path() ? into.parent_path() : fs::path(".");
  std::error_code error;
  fs::create_directories(folder, error);
  const FolderLock lock(folder);
  std::set<std::string> known;
  if (fs::exists(into)) {
    for (const Record& record : read_noted(into, notes).records) known.insert(record_line(record));
  }
  Imported imported;
  RecordWriter writer(into, notes);
  for (const Record& record : source.records) {
    const bool timed = record.row != RowKind::round && record.time_median_seconds.has_value();
    if (!timed) {
      ++imported.left_out;
    } else if (!known.insert(record_line(record)).second) {
      ++imported.known;
    } else {
      writer.append(record);
      ++imported.added;
    }
  }
  writer.sync();
  return imported;
}

}  // namespace kernelgate::history
