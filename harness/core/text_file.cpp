#include "harness/core/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
  throw BadInput(file.string() + ": " + why);
}

/// Closes the file on every way out of the reader.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& file)
      : descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ >= 0) return;
    if (errno == ENOENT) refuse(file, "no such file");
    refuse(file, std::string("cannot be read: ") + std::strerror(errno));
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

void require_text(const std::filesystem::path& file, std::string_view text, FileKind expected) {
  if (const auto kind = describe_wrong_kind(text, expected); !kind.empty()) {
    refuse(
        file,
        (expected == FileKind::table ? "expected a CSV file, got " : "expected text, got ") + kind);
  }
  const std::size_t zero = text.find('\0');
  if (zero == std::string_view::npos) return;
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
  throw BadInput(file.string() + ":" + std::to_string(line) + ": expected text, got a zero byte");
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  return text;
}

std::string read_text_file(const std::filesystem::path& file, FileKind expected,
                           std::int64_t max_bytes) {
  const OpenFile open(file);
  struct stat status {};
  if (::fstat(open.descriptor(), &status) != 0) {
    refuse(file, std::string("cannot be read: ") + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    refuse(file, "not a regular file");
  }
  std::string text;
  std::array<char, 1 << 16> piece{};
  for (;;) {
    const ssize_t got = ::read(open.descriptor(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(file, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (static_cast<std::int64_t>(text.size()) > max_bytes) {
      refuse(file, "expected at most " + std::to_string(max_bytes) + " bytes");
    }
  }
  require_text(file, text, expected);
  return std::string(without_byte_order_mark(text));
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse(file, "cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace kernelgate
