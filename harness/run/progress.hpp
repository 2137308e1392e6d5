// A progress line for a long run, printed only to a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kernelgate {

/// Shows title, count and present item on one line of the terminal.
class Progress {
 public:
  Progress(std::string title, std::int64_t total);
  /// Adds `count` to the finished part of the total; `what` is the present item.
  void step(std::string_view what, std::int64_t count = 1);
  /// Erases the line before other output.
  void clear() const;
  void finish() const;

 private:
  void draw(std::string_view what) const;

  std::string title_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  bool terminal_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace kernelgate
