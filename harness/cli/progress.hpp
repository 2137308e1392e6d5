// One line on a terminal that says how far a long run is; nothing where no terminal reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kernelgate {

class Progress {
 public:
  Progress(std::string title, std::int64_t total);
  /// `count` more of the total are done; `what` is the one at hand.
  void step(std::string_view what, std::int64_t count = 1);
  /// Takes the line away, so that other output can stand there.
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
