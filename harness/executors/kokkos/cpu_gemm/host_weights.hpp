// A weight matrix as the CPU's products see it, however it is stored: row dots for a few tokens,
// panels for more.
#pragma once

#include "harness/executors/kokkos/cpu_gemm/four_bit_dots.hpp"
#include "harness/executors/kokkos/cpu_gemm/panel_gemm.hpp"

namespace kernelgate {

/// Rows of numbers of a storage type.
template <class T>
struct StoredWeight {
  const T* data = nullptr;
  std::int64_t terms = 0;

  std::int64_t row_bytes() const { return terms * static_cast<std::int64_t>(sizeof(T)); }
  StoredWeight from(std::int64_t row) const { return {data + row * terms, terms}; }

  /// The activations of one token as dots() takes them.
  template <class X>
  void lay_out(const X* x, float* to) const {
    widen(x, terms, to);
  }
  /// `count` results of a product, elements k and behind of a token's activations for the next one.
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    store_some_lanes(token + k, x, count);
  }
  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    dot_rows(data, begin, end, x, tokens, write);
  }
  void multiply(std::int64_t rows, const TokenPanels& x, PanelWorkspace work) const {
    multiply_rows(data, rows, x, work);
  }
};

/// Rows of four bits.
struct FourBitWeight {
  FourBitRows rows;

  std::int64_t row_bytes() const { return rows.columns / 2; }
  FourBitWeight from(std::int64_t row) const { return {rows.from(row)}; }

  template <class X>
  void lay_out(const X* x, float* to) const {
    for (std::int64_t k = 0; k < rows.columns; ++k) to[grouped_place(rows, k)] = to_float(x[k]);
  }
  void lay_out_lanes(float* token, std::int64_t k, Lanes x, std::int64_t count) const {
    for (std::int64_t i = 0; i < count; ++i) token[grouped_place(rows, k + i)] = x[i];
  }
  template <class Write>
  void dots(std::int64_t begin, std::int64_t end, const FewTokens& x, std::int64_t tokens,
            const Write& write) const {
    dot_four_bit_rows(rows, begin, end, x, tokens, write);
  }
  void multiply(std::int64_t count, const TokenPanels& x, PanelWorkspace work) const {
    multiply_wide_rows(FourBitLines{rows, ValueTable(rows)}, count, x, work);
  }

 private:
  /// What multiply_wide_rows() asks.
  struct FourBitLines {
    FourBitRows rows;
    ValueTable table;

    void widen_row(std::int64_t row, std::int64_t k0, std::int64_t depth, float* out,
                   std::int64_t line_stride) const {
      widen_four_bit(rows, table, row, k0, depth, out, line_stride);
    }
    // A stretch is two cache lines of a row: the decoding hides their way.
    void fetch_ahead(Ahead&, std::int64_t, std::int64_t) const {}
  };
};

}  // namespace kernelgate
