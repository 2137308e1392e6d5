// linear, tuned for CPUs: few tokens stream the weight once past f32 activations; more tokens are
// packed into lanes and meet tiles of the weight that are widened to f32 on the way.
#include <Kokkos_Core.hpp>

#include "harness/executors/kokkos/cpu_gemm/host_items.hpp"
#include "harness/executors/kokkos/cpu_gemm/panel_gemm.hpp"
#include "harness/executors/kokkos/cpu_gemm/row_dots.hpp"
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

using Floats = Kokkos::View<float*, Kokkos::HostSpace>;

template <class T, class O>
class StreamRows {
 public:
  StreamRows(const LinearCase& c, TensorSet& tensors)
      : c_(c),
        x_(tensors["x"].as<T>().data()),
        w_(tensors["w"].as<T>().data()),
        y_(tensors["y"].as<O>().data()),
        stride_(FewTokens::stride_of(c.in)),
        wide_("activations", static_cast<std::size_t>(c.tokens * stride_)) {}

  void operator()() const {
    for (std::int64_t t = 0; t < c_.tokens; ++t) {
      widen(x_ + t * c_.in, c_.in, wide_.data() + t * stride_);
    }
    const std::int64_t rows = rows_a_stream(c_.in, sizeof(T));
    for_each_host_item("stream rows", pieces_of(c_.out, rows), [=, *this](std::int64_t item) {
      const std::int64_t begin = item * rows;
      dot_rows(w_, begin, std::min(begin + rows, c_.out), FewTokens{wide_.data(), stride_, c_.in},
               c_.tokens, [this](std::int64_t t, std::int64_t o, float sum) {
                 y_[t * c_.out + o] = from_float<O>(sum);
               });
    });
  }

 private:
  LinearCase c_;
  const T *x_, *w_;
  O* y_;
  std::int64_t stride_;
  Floats wide_;
};

template <class T, class O>
class MultiplyPanels {
 public:
  MultiplyPanels(const LinearCase& c, TensorSet& tensors)
      : c_(c),
        x_(tensors["x"].as<T>().data()),
        w_(tensors["w"].as<T>().data()),
        y_(tensors["y"].as<O>().data()),
        blocks_(pieces_of(c.tokens, tokens_a_block)),
        packed_("packed tokens", static_cast<std::size_t>(TokenPanels::lanes_of(c.tokens) * c.in)),
        memory_(PanelWorkspace::floats) {}

  void operator()() const {
    constexpr std::int64_t panels = tokens_a_block / panel_lanes;
    for_each_host_item("pack tokens", blocks_ * panels, [*this](std::int64_t item) {
      const TokenPanels x = block(item / panels);
      if (item % panels >= x.panels()) return;
      const T* first = x_ + item / panels * tokens_a_block * c_.in;
      x.pack(item % panels, [=, this](std::int64_t t) { return first + t * c_.in; });
    });
    const std::int64_t rows = rows_a_piece(c_.out, blocks_);
    const std::int64_t ranges = pieces_of(c_.out, rows);
    for_each_host_item("multiply panels", blocks_ * ranges, [=, *this](std::int64_t item) {
      memory_.with([&](float* memory) {
        multiply(item / ranges, item % ranges * rows, rows, PanelWorkspace(memory));
      });
    });
  }

 private:
  // Whole blocks have whole registers, so blocks lie end to end.
  TokenPanels block(std::int64_t b) const {
    const std::int64_t first = b * tokens_a_block;
    return {packed_.data() + first * c_.in, std::min(tokens_a_block, c_.tokens - first), c_.in};
  }

  void multiply(std::int64_t b, std::int64_t o0, std::int64_t most, PanelWorkspace work) const {
    const TokenPanels x = block(b);
    const std::int64_t rows = std::min(most, c_.out - o0);
    multiply_rows(w_ + o0 * c_.in, rows, x, work);
    O* y = y_ + b * tokens_a_block * c_.out + o0;
    hand_out_sums(work.sums, rows, x.tokens,
                  [=, this](std::int64_t t, std::int64_t r, Lanes sums, std::int64_t count) {
                    if (count == lane_count)
                      store_lanes(y + t * c_.out + r, sums);
                    else
                      store_some_lanes(y + t * c_.out + r, sums, count);
                  });
  }

  LinearCase c_;
  const T *x_, *w_;
  O* y_;
  std::int64_t blocks_;
  Floats packed_;
  ThreadMemory memory_;
};

template <class T, class O>
std::unique_ptr<Launch> launch(const LinearCase& c, TensorSet& tensors) {
  if (c.tokens <= few_tokens) return make_launch(StreamRows<T, O>(c, tensors));
  return make_launch(MultiplyPanels<T, O>(c, tensors));
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (c.output == LinearOutput::f32) return launch<T, float>(c, tensors);
    return launch<T, T>(c, tensors);
  });
}

}  // namespace

void register_linear_cpu(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos/cpu", Backend::kokkos, "host threads: row dots to 8 tokens, else panel GEMM"},
      prepare);
}

}  // namespace kernelgate
