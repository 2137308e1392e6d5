#include "harness/run/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "harness/core/printable.hpp"

namespace kernelgate {
namespace {

// Writes cursor movements directly to the descriptor, because the stream stderr escapes them.
void control(const std::string& text) {
  std::fflush(stderr);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(std::string title, std::int64_t total)
    : title_(std::move(title)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {}

void Progress::step(std::string_view what, std::int64_t count) {
  done_ += count;
  if (terminal_) draw(what);
}

void Progress::clear() const {
  if (terminal_) control("\r\x1b[2K");
}

void Progress::finish() const { clear(); }

void Progress::draw(std::string_view what) const {
  constexpr int width = 20;
  const int filled = total_ > 0 ? static_cast<int>(done_ * width / total_) : width;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  control(fmt::format("\r\x1b[2K{} [{:#<{}}{:.<{}}] {}/{} {:.0f}s {:.60}", title_, "", filled, "",
                      width - filled, done_, total_, seconds, printable_line(what)));
}

}  // namespace kernelgate
