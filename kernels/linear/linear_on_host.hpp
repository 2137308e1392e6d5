// linear on the host's threads, for a weight in any storage: few tokens stream it once past f32
// activations; more tokens are packed into lanes and meet tiles of it that are widened to f32.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <memory>

#include "harness/core/registry.hpp"
#include "harness/executors/kokkos/cpu_gemm/host_items.hpp"
#include "harness/executors/kokkos/cpu_gemm/host_weights.hpp"

namespace kernelgate {

/// Extents of y[tokens,out] = x[tokens,in] W[out,in]^T.
struct LinearShape {
  std::int64_t tokens = 0, out = 0, in = 0;
};

using HostFloats = Kokkos::View<float*, Kokkos::HostSpace>;

template <class T, class O, class Weight>
class StreamRows {
 public:
  StreamRows(const LinearShape& c, const T* x, const Weight& w, O* y)
      : c_(c),
        x_(x),
        w_(w),
        y_(y),
        stride_(FewTokens::stride_of(c.in)),
        wide_("activations", static_cast<std::size_t>(c.tokens * stride_)) {}

  void operator()() const {
    for (std::int64_t t = 0; t < c_.tokens; ++t) {
      w_.lay_out(x_ + t * c_.in, wide_.data() + t * stride_);
    }
    const std::int64_t rows = rows_a_stream(w_.row_bytes(), 1);
    for_each_host_item("stream rows", pieces_of(c_.out, rows), [=, *this](std::int64_t item) {
      const std::int64_t begin = item * rows;
      w_.dots(begin, std::min(begin + rows, c_.out), FewTokens{wide_.data(), stride_, c_.in},
              c_.tokens, [this](std::int64_t t, std::int64_t o, float sum) {
                y_[t * c_.out + o] = from_float<O>(sum);
              });
    });
  }

 private:
  LinearShape c_;
  const T* x_;
  Weight w_;
  O* y_;
  std::int64_t stride_;
  HostFloats wide_;
};

template <class T, class O, class Weight>
class MultiplyPanels {
  using Panels = typename Weight::Panels;

 public:
  MultiplyPanels(const LinearShape& c, const T* x, const Weight& w, O* y)
      : c_(c),
        x_(x),
        w_(w),
        y_(y),
        blocks_(pieces_of(c.tokens, tokens_a_block)),
        packed_("packed tokens", static_cast<std::size_t>(Panels::floats_for(c.tokens, c.in))),
        memory_(PanelWorkspace::floats) {}

  void operator()() const {
    constexpr std::int64_t panels = tokens_a_block / panel_lanes;
    for_each_host_item("pack tokens", blocks_ * panels, [*this](std::int64_t item) {
      const Panels x = block(item / panels);
      if (item % panels >= x.panels()) return;
      const T* first = x_ + item / panels * tokens_a_block * c_.in;
      x.pack(item % panels, [=, this](std::int64_t t) { return first + t * c_.in; });
    });
    const std::int64_t rows = rows_a_piece(c_.out, blocks_, Weight::rows_a_tile);
    const std::int64_t ranges = pieces_of(c_.out, rows);
    for_each_host_item("multiply panels", blocks_ * ranges, [=, *this](std::int64_t item) {
      memory_.with([&](float* memory) {
        multiply(item / ranges, item % ranges * rows, rows, PanelWorkspace(memory));
      });
    });
  }

 private:
  // Whole blocks have whole registers, so blocks lie end to end.
  Panels block(std::int64_t b) const {
    const std::int64_t first = b * tokens_a_block;
    return {packed_.data() + Panels::floats_for(first, c_.in),
            std::min(tokens_a_block, c_.tokens - first), c_.in};
  }

  void multiply(std::int64_t b, std::int64_t o0, std::int64_t most, PanelWorkspace work) const {
    const Panels x = block(b);
    const std::int64_t rows = std::min(most, c_.out - o0);
    w_.from(o0).multiply(rows, x, work);
    O* y = y_ + b * tokens_a_block * c_.out + o0;
    hand_out_sums(work.sums, rows, x.tokens,
                  [=, this](std::int64_t t, std::int64_t r, Lanes sums, std::int64_t count) {
                    if (count == lane_count)
                      store_lanes(y + t * c_.out + r, sums);
                    else
                      store_some_lanes(y + t * c_.out + r, sums, count);
                  });
  }

  LinearShape c_;
  const T* x_;
  Weight w_;
  O* y_;
  std::int64_t blocks_;
  HostFloats packed_;
  ThreadMemory memory_;
};

/// Weight: StoredWeight, UnitWeight or FourBitWeight.
template <class T, class O, class Weight>
std::unique_ptr<Launch> launch_linear_on_host(const LinearShape& c, const T* x, const Weight& w,
                                              O* y) {
  if (c.tokens <= Weight::most_streamed) return make_launch(StreamRows<T, O, Weight>(c, x, w, y));
  return make_launch(MultiplyPanels<T, O, Weight>(c, x, w, y));
}

}  // namespace kernelgate
