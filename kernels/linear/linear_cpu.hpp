// linear on the host's threads, for a four-bit weight, or a bf16 weight that instructions multiply
// as stored: few tokens stream it once; more tokens are packed into lanes and multiplied by tiles
// of it.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <memory>

#include "harness/core/pieces.hpp"
#include "harness/core/registry.hpp"
#include "kernels/common/cpu/panel_product.hpp"

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
    const std::int64_t rows = rows_a_stream(w_.row_bytes(), w_.stream_bytes());
    for_each_host_item("stream rows", pieces(c_.out, rows), [=, *this](std::int64_t item) {
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
 public:
  MultiplyPanels(const LinearShape& c, const T* x, const Weight& w, O* y)
      : c_(c),
        x_(x),
        w_(w),
        y_(y),
        packed_("packed tokens",
                static_cast<std::size_t>(Weight::Panels::floats_for(c.tokens, c.in))),
        memory_(PanelWorkspace::floats) {}

  void operator()() const {
    panel_product(w_, x_, c_.in, c_.out, c_.tokens, packed_.data(), memory_,
                  [this](std::int64_t t, std::int64_t o, Lanes sums, std::int64_t count) {
                    store_first_lanes(y_ + t * c_.out + o, sums, count);
                  });
  }

 private:
  LinearShape c_;
  const T* x_;
  Weight w_;
  O* y_;
  HostFloats packed_;
  ThreadMemory memory_;
};

/// Weight: a type of bf16_weights.hpp, or FourBitWeight.
template <class T, class O, class Weight>
std::unique_ptr<Launch> launch_linear_on_host(const LinearShape& c, const T* x, const Weight& w,
                                              O* y) {
  if (c.tokens <= Weight::max_streamed) return make_launch(StreamRows<T, O, Weight>(c, x, w, y));
  return make_launch(MultiplyPanels<T, O, Weight>(c, x, w, y));
}

/// The same with y's type taken from the tensor: T, or f32.
template <class T, class Weight>
std::unique_ptr<Launch> launch_linear_on_host(const LinearShape& c, const T* x, const Weight& w,
                                              Tensor& y) {
  if (y.spec().type == Dtype::f32) return launch_linear_on_host(c, x, w, y.as<float>().data());
  return launch_linear_on_host(c, x, w, y.as<T>().data());
}

}  // namespace kernelgate
