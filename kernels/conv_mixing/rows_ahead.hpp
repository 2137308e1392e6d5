// Cache lines that a thread will soon touch, fetched a few at a time while it multiplies. Rows of a
// head are short and lie far apart, which the hardware's own fetching does not follow.
#pragma once

#include <cstdint>

namespace kernelgate {

/// A queue of line fetches over pieces of rows. Fetching changes no value, and an address behind
/// the end of memory is harmless.
class RowsAhead {
 public:
  /// `bytes` from each of `rows` places `row_bytes` apart, to be read or written.
  void add(const void* first, std::int64_t bytes, std::int64_t rows, std::int64_t row_bytes) {
    if (used_ < most) pieces_[used_++] = {static_cast<const char*>(first), bytes, rows, row_bytes};
  }

  /// The next few lines. Into L2 only: L1 belongs to the weights. A line that nobody else holds is
  /// taken for writing without another miss.
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
