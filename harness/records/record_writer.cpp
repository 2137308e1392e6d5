#include "harness/records/record_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <stdexcept>

#include "harness/core/printable.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/records/columns.hpp"

namespace kernelgate {
namespace {

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

std::int64_t size_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

std::string read_range(int descriptor, std::int64_t from, std::int64_t to) {
  std::string bytes(static_cast<std::size_t>(to - from), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::pread(descriptor, bytes.data() + got, bytes.size() - got,
                              from + static_cast<std::int64_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

// Offset of the end of the last finished line; 0 if there is none.
std::int64_t end_of_lines(int descriptor, std::int64_t size) {
  constexpr std::int64_t step = 65536;
  for (std::int64_t to = size; to > 0; to -= std::min(step, to)) {
    const std::int64_t from = std::max<std::int64_t>(0, to - step);
    const std::size_t at = read_range(descriptor, from, to).rfind('\n');
    if (at != std::string::npos) return from + static_cast<std::int64_t>(at) + 1;
  }
  return 0;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

}  // namespace

/// Locks the file against other writers of this process and of others.
class RecordWriter::Lock {
 public:
  explicit Lock(RecordWriter& writer) : guard_(writer.mutex_), descriptor_(writer.descriptor_) {
    while (::flock(descriptor_, LOCK_EX) != 0) {
      if (errno != EINTR) writer.fail("lock", errno);
    }
  }
  ~Lock() { ::flock(descriptor_, LOCK_UN); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  const std::lock_guard<std::mutex> guard_;
  int descriptor_;
};

RecordWriter::RecordWriter(std::filesystem::path file, std::ostream& notes)
    : file_(std::move(file)), notes_(notes) {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("open", errno);
  try {
    const Lock lock(*this);
    prepare_end(lock);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

RecordWriter::~RecordWriter() { ::close(descriptor_); }

void RecordWriter::append(const Record& record) {
  const std::string line = record_line(record);
  const Lock lock(*this);
  prepare_end(lock);
  write_line(line);
  ++rows_written_;
}

void RecordWriter::sync() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail("sync", errno);
}

// Under the lock no write is in progress, so a last line without an end belongs to a writer that
// crashed.
void RecordWriter::prepare_end(const Lock&) {
  const std::string header = record_header() + "\n";
  const std::int64_t size = size_of(descriptor_);
  if (size == 0) return write_line(header);
  const std::int64_t head = std::min(size, static_cast<std::int64_t>(header.size()));
  const std::string first = read_range(descriptor_, 0, head);
  if (!header.starts_with(first)) {
    const std::string_view line = first_line(first);
    throw BadInput(fmt::format(
        "{}:1: expected the columns of records schema {} ('{}…'), got '{}…': not a records file of "
        "this version; name another file",
        file_.string(), record_schema_version, header.substr(0, 40), line.substr(0, 40)));
  }
  if (read_range(descriptor_, size - 1, size) == "\n") return;
  const std::int64_t keep = end_of_lines(descriptor_, size);
  move_torn_bytes(read_range(descriptor_, keep, size), keep);
  if (keep == 0) write_line(header);
}

void RecordWriter::move_torn_bytes(const std::string& torn, std::int64_t keep) {
  const std::string beside = file_.string() + ".torn";
  std::ofstream out(beside, std::ios::binary | std::ios::app);
  out << torn << '\n';
  out.flush();
  const bool saved = out.good();  // the repair continues on a full disk: the row was never finished
  if (::ftruncate(descriptor_, keep) != 0) fail("cut the torn last line of", errno);
  notes_ << fmt::format(
      "records: {}: the last line was torn ({} bytes without a line end, from a "
      "crash or a full disk); {}; all finished rows are kept\n",
      file_.string(), torn.size(),
      saved ? "moved to " + beside : "dropped, as " + beside + " cannot be written");
}

void RecordWriter::write_line(const std::string& line) {
  const std::int64_t before = size_of(descriptor_);
  std::size_t done = 0;
  while (done < line.size()) {  // repeats only after a signal or when the disk fills up
    const ssize_t n = ::write(descriptor_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int reason = n == 0 ? EIO : errno;
      if (is_regular(descriptor_) && done > 0 && ::ftruncate(descriptor_, before) != 0) {
        notes_ << "records: " << file_.string() << ": the unfinished row could not be cut off\n";
      }
      fail("write to", reason);
    }
    done += static_cast<std::size_t>(n);
  }
}

void RecordWriter::fail(const std::string& doing, int reason) const {
  throw RecordsUnwritable(
      fmt::format("records: cannot {} '{}': {}; {} rows of this run are kept in it", doing,
                  file_.string(), std::strerror(reason), rows_written_));
}

std::string one_line(std::string_view text) {
  constexpr std::size_t most = 4096;
  std::string line;
  bool at_start = true;  // of a line of the text; indentation is dropped
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      at_start = true;
    } else if (at_start && (c == ' ' || c == '\t')) {
      continue;
    } else {
      if (at_start && !line.empty()) line += "; ";
      at_start = false;
      line += c == '\t' ? ' ' : c;
    }
  }
  line = printable_line(line);
  // The reader trims fields.
  line = std::string(trimmed(line));
  if (line.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;  // UTF-8
    line.resize(end);
    line += " …";
  }
  return line;
}

std::string record_line(const Record& record) {
  std::string line;
  Record back;
  for (const Column& column : record_columns) {
    const std::string text = one_line(column.print(record));
    if (const auto expected = column.parse(back, text)) {
      throw std::logic_error(fmt::format("record {}: column '{}': expected {}, got '{}'",
                                         record.id(), column.name, *expected, text));
    }
    if (&column != record_columns.data()) line += ",";
    line += quoted(text);
  }
  return line + "\n";
}

}  // namespace kernelgate
