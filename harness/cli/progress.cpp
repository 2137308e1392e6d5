#include "harness/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace kernelgate {

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
  if (terminal_) fmt::print(stderr, "\r\x1b[2K");
}

void Progress::finish() const { clear(); }

void Progress::draw(std::string_view what) const {
  constexpr int width = 20;
  const int filled = total_ > 0 ? static_cast<int>(done_ * width / total_) : width;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  fmt::print(stderr, "\r\x1b[2K{} [{:#<{}}{:.<{}}] {}/{} {:.0f}s {:.60}", title_, "", filled, "",
             width - filled, done_, total_, seconds, what);
  std::fflush(stderr);
}

}  // namespace kernelgate
