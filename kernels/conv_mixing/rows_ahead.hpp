// Prefetches the cache lines that a thread will soon touch, a few at a time while it multiplies.
// Rows of a head are short and far apart, a pattern that hardware prefetchers do not follow.
#pragma once

#include <cstdint>

namespace kernelgate {

/// A queue of line prefetches over partial rows. Prefetching changes no value, and an address past
/// the end of memory is harmless.
class RowsAhead {
 public:
  /// Adds `bytes` from each of `rows` addresses `row_bytes` apart, to be read or written.
  void add(const void* first, std::int64_t bytes, std::int64_t rows, std::int64_t row_bytes) {
    if (used_ < most) pieces_[used_++] = {static_cast<const char*>(first), bytes, rows, row_bytes};
  }

  /// Prefetches the next few lines, into L2 only, because L1 is needed for the weights. A line that
  /// no other core holds can be written without another miss.
  void fetch() {
    if (here_ == used_) return;
    Piece& piece = pieces_[here_];
    for (int i = 0; i < lines_a_call; ++i) {
      __builtin_prefetch(piece.row + at_, 0, 2);
      at_ += 64;
      if (at_ < piece.bytes) continue;
      at_ = 0;
      piece.row += piece.row_bytes;
      if (--piece.rows > 0) continue;
      ++here_;
      return;
    }
  }

 private:
  static constexpr int most = 5;
  static constexpr int lines_a_call = 8;
  struct Piece {
    const char* row;
    std::int64_t bytes, rows, row_bytes;
  };
  Piece pieces_[most];
  int used_ = 0, here_ = 0;
  std::int64_t at_ = 0;
};

}  // namespace kernelgate
