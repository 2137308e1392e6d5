#include "harness/cli/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <streambuf>
#include <string>
#include <utility>

#include "harness/core/printable.hpp"

namespace kernelgate {
namespace {

/// One descriptor behind a FILE of stdio.
struct PrintableStream {
  int descriptor;
  std::string unfinished;  // first bytes of a character that the next write completes
  int error = 0;           // of the first write that failed
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

ssize_t write_printable(void* cookie, const char* data, std::size_t bytes) {
  auto& stream = *static_cast<PrintableStream*>(cookie);
  std::string text = stream.unfinished + std::string(data, bytes);
  const std::size_t whole = text.size() - unfinished_utf8(text);
  stream.unfinished = text.substr(whole);
  text.resize(whole);
  if (write_all(stream.descriptor, printable(text))) return static_cast<ssize_t>(bytes);
  if (stream.error == 0) stream.error = errno;
  return 0;
}

/// The stream of stdout or stderr. Never destroyed: the system flushes it after all destructors.
PrintableStream& printable_stream(int descriptor) {
  static auto* out = new PrintableStream{STDOUT_FILENO, {}, 0};
  static auto* errors = new PrintableStream{STDERR_FILENO, {}, 0};
  return descriptor == STDOUT_FILENO ? *out : *errors;
}

std::FILE* printable_file(int descriptor) {
  return fopencookie(&printable_stream(descriptor), "w",
                     {nullptr, write_printable, nullptr, nullptr});
}

/// At the end of the process, writes incomplete characters as escapes.
void write_unfinished() {
  std::fflush(nullptr);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    const std::string rest = std::exchange(printable_stream(descriptor).unfinished, {});
    write_all(descriptor, printable(rest));
  }
}

/// Buffer of a C++ stream that passes everything to a FILE.
class FileBuffer final : public std::streambuf {
 public:
  explicit FileBuffer(std::FILE* file) : file_(file) {}

 private:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return std::fputc(c, file_);
  }
  std::streamsize xsputn(const char* data, std::streamsize bytes) override {
    return static_cast<std::streamsize>(
        std::fwrite(data, 1, static_cast<std::size_t>(bytes), file_));
  }
  int sync() override { return std::fflush(file_); }

  std::FILE* file_;
};

}  // namespace

bool open_standard_streams() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(wanted, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() returns the lowest free descriptor, and all below `wanted` are open.
    if (::open("/dev/null", O_RDWR) != wanted) return false;  // NOLINT(android-cloexec-open)
  }
  return true;
}

void make_standard_streams_printable() {
  std::FILE* out = printable_file(STDOUT_FILENO);
  std::FILE* errors = printable_file(STDERR_FILENO);
  if (out == nullptr || errors == nullptr) return;  // no memory: the streams stay as they are
  std::setvbuf(out, nullptr, ::isatty(STDOUT_FILENO) == 1 ? _IOLBF : _IOFBF, BUFSIZ);
  std::setvbuf(errors, nullptr, _IONBF, 0);
  stdout = out;
  stderr = errors;
  std::cout.rdbuf(new FileBuffer(out));  // flushed at the end of the process, so never deleted
  std::cerr.rdbuf(new FileBuffer(errors));
  std::clog.rdbuf(new FileBuffer(errors));
  std::atexit(write_unfinished);
}

std::string standard_output_fault() {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed) return "";
  const int first = printable_stream(STDOUT_FILENO).error;
  return std::strerror(first != 0 ? first : errno);
}

}  // namespace kernelgate
