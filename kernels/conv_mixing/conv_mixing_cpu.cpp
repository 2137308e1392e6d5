// conv_mixing on CPU threads: an item is one head of a block of rows; its convolution is a small
// matrix product on packed weights, and the rest of the kernel runs on that product while it is in
// cache. Which thread takes an item changes no bit of its result.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "kernels/conv_mixing/conv_mixing_arguments.hpp"
#include "kernels/conv_mixing/grouped_tile.hpp"
#include "kernels/conv_mixing/rope_table.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t block_rows = 4 * tile_rows;
constexpr std::int64_t widest_head = 256;
// Packing the weights costs about what this many rows save by it.
constexpr std::int64_t rows_worth_packing = 24;

/// One launch: shapes, memory, and work space that outlives its runs.
template <class T>
class ConvMixingOnLanes {
 public:
  ConvMixingOnLanes(const ConvMixingCase& c, const ConvMixingMemory<T>& memory)
      : s_(c),
        m_(memory),
        packs_(c.tokens > rows_worth_packing),
        blocks_((c.tokens + block_rows - 1) / block_rows),
        panels_((c.head_dim + panel_width - 1) / panel_width),
        packed_(static_cast<std::size_t>(packs_ ? s_.groups() * panel_size() * panels_ : 0)),
        rope_(static_cast<std::size_t>(c.tokens * c.rotary)) {}

  std::int64_t preparations() const { return blocks_ + (packs_ ? s_.groups() * panels_ : 0); }
  std::int64_t items() const { return blocks_ * s_.groups(); }

  /// The rotation of a block of rows, or the packing of one panel of weights.
  void prepare(std::int64_t item) {
    if (item < blocks_) {
      for (std::int64_t row = first_row(item); row < first_row(item) + rows_of(item); ++row) {
        fill_rope_row(m_.position[row], m_.frequency.data(), s_.half, rope(row));
      }
      return;
    }
    const std::int64_t group = (item - blocks_) / panels_;
    const std::int64_t index = (item - blocks_) % panels_;
    pack_panel(m_.grouped.data() + group * s_.d * s_.d * 2, s_.d, index * panel_width,
               panel(group, index));
  }

  void compute(std::int64_t item) const {
    const std::int64_t group = item / blocks_;
    const std::int64_t first = first_row(item % blocks_);
    const std::int64_t rows = rows_of(item % blocks_);
    alignas(64) float depthwise[2 * block_rows * widest_head];
    alignas(64) float y[block_rows * widest_head];
    const std::int64_t y_stride = panels_ * panel_width;
    const bool decode = s_.form == ConvForm::decode;
    const std::int64_t stride = decode ? 2 * s_.d : s_.d;
    decode ? depthwise_pairs(group, first, rows, depthwise)
           : depthwise_rows(group, first, rows, depthwise);
    if (group >= s_.heads) write_values(group, first, rows);
    if (decode || first == 0) write_state(group, first, rows);  // this item alone has read it
    if (packs_) {
      for (std::int64_t p = 0; p < panels_; ++p) {
        multiply_panel(depthwise, stride, rows, panel(group, p), 2 * s_.d, y + p * panel_width,
                       y_stride);
      }
    } else {
      multiply_few(group, rows, depthwise, stride, y, y_stride);
    }
    for (std::int64_t i = 0; i < rows; ++i) finish(group, first + i, y + i * y_stride);
  }

 private:
  std::int64_t panel_size() const { return 2 * s_.d * panel_width; }
  float* panel(std::int64_t group, std::int64_t index) {
    return packed_.data() + (group * panels_ + index) * panel_size();
  }
  const float* panel(std::int64_t group, std::int64_t index) const {
    return packed_.data() + (group * panels_ + index) * panel_size();
  }
  float* rope(std::int64_t row) { return rope_.data() + row * 2 * s_.half; }
  const float* rope(std::int64_t row) const { return rope_.data() + row * 2 * s_.half; }
  std::int64_t first_row(std::int64_t block) const { return block * block_rows; }
  std::int64_t rows_of(std::int64_t block) const {
    return std::min(block_rows, s_.tokens - first_row(block));
  }
  bool live(std::int64_t row) const { return m_.slot_of(s_, row) >= 0; }

  /// Weights and bias of a group's depthwise taps, apart.
  struct Taps {
    alignas(64) float older[widest_head], newer[widest_head], bias[widest_head];
  };
  void load_taps(std::int64_t group, Taps& taps) const {
    for (std::int64_t j = 0; j < s_.d; ++j) {
      const std::int64_t c = group * s_.d + j;
      taps.older[j] = to_float(m_.depthwise[2 * c]);
      taps.newer[j] = to_float(m_.depthwise[2 * c + 1]);
      taps.bias[j] = to_float(m_.depthwise_bias[c]);
    }
  }

  /// D of the token before the block, then of the block's tokens: [rows + 1, d].
  void depthwise_rows(std::int64_t group, std::int64_t first, std::int64_t rows, float* d) const {
    Taps taps;
    load_taps(group, taps);
    for (std::int64_t i = 0; i < rows + 2; ++i) {  // u of tokens first - 2 and on
      const std::int64_t t = first + i - 2;
      float* u = d + i * s_.d;
      if (t < 0) {
        for (std::int64_t j = 0; j < s_.d; ++j) u[j] = m_.earlier(s_, 0, -t, group * s_.d + j);
      } else {
        load_row(m_.qkv.data() + t * s_.width + group * s_.d, u);
      }
      if (i == 0) continue;
      float* before = u - s_.d;  // becomes D of the token of u
      for (std::int64_t j = 0; j < s_.d; ++j) {
        before[j] = taps.older[j] * before[j] + (taps.newer[j] * u[j] + taps.bias[j]);
      }
    }
  }

  /// D_{t-1} and D_t of each row of a decode batch: [rows, 2, d]. Padding gives zeros.
  void depthwise_pairs(std::int64_t group, std::int64_t first, std::int64_t rows, float* d) const {
    Taps taps;
    load_taps(group, taps);
    for (std::int64_t i = 0; i < rows; ++i) {
      float* before = d + i * 2 * s_.d;
      if (!live(first + i)) {
        std::fill(before, before + 2 * s_.d, 0.0F);
        continue;
      }
      const std::int64_t slot = m_.slot_of(s_, first + i);
      const float* state = m_.conv_state.data() + (slot * s_.channels + group * s_.d) * 2;
      float* now = before + s_.d;
      load_row(m_.qkv.data() + (first + i) * s_.width + group * s_.d, now);
      for (std::int64_t j = 0; j < s_.d; ++j) {
        const float newer = state[2 * j + 1];
        before[j] = taps.older[j] * state[2 * j] + (taps.newer[j] * newer + taps.bias[j]);
        now[j] = taps.older[j] * newer + (taps.newer[j] * now[j] + taps.bias[j]);
      }
    }
  }

  void load_row(const T* from, float* to) const {
    std::int64_t j = 0;
    for (; j + lane_count <= s_.d; j += lane_count) store_lanes(to + j, load_lanes(from + j));
    for (; j < s_.d; ++j) to[j] = to_float(from[j]);
  }

  void write_values(std::int64_t group, std::int64_t first, std::int64_t rows) const {
    const std::int64_t begin = (group - s_.heads) * s_.d;
    for (std::int64_t row = first; row < first + rows; ++row) {
      T* out = m_.v.data() + row * s_.kv_heads * s_.d;
      const bool is_live = live(row);
      for (std::int64_t f = begin; f < begin + s_.d; ++f) {
        out[f] = is_live ? m_.value(s_, row, f) : from_float<T>(0);
      }
    }
  }

  void write_state(std::int64_t group, std::int64_t first, std::int64_t rows) const {
    const bool decode = s_.form == ConvForm::decode;
    const std::int64_t begin = decode ? first : s_.tokens - 1;
    const std::int64_t end = decode ? first + rows : s_.tokens;
    for (std::int64_t row = begin; row < end; ++row) {
      if (!live(row)) continue;
      const std::int64_t slot = m_.slot_of(s_, row);
      for (std::int64_t c = group * s_.d; c < (group + 1) * s_.d; ++c) {
        float* state = m_.conv_state.data() + (slot * s_.channels + c) * 2;
        state[0] = m_.earlier(s_, row, 1, c);
        state[1] = to_float(m_.qkv[row * s_.width + c]);
        const std::int64_t f = c - s_.heads * s_.d;
        if (f < s_.lag) continue;
        m_.lag_state[slot * s_.lag + f - s_.lag] =
            to_float(m_.qkv[row * s_.width + s_.channels + f]);
      }
    }
  }

  void multiply_few(std::int64_t group, std::int64_t rows, const float* depthwise,
                    std::int64_t stride, float* y, std::int64_t y_stride) const {
    alignas(64) float pairs[4 * 2 * widest_head];
    const T* weight = m_.grouped.data() + group * s_.d * s_.d * 2;
    for (std::int64_t r = 0; r < rows; r += 4) {
      const std::int64_t many = std::min<std::int64_t>(4, rows - r);
      for (std::int64_t i = 0; i < many; ++i) {
        const float* from = depthwise + (r + i) * stride;
        for (std::int64_t j = 0; j < s_.d; ++j) {
          pairs[i * 2 * s_.d + 2 * j] = from[j];
          pairs[i * 2 * s_.d + 2 * j + 1] = from[s_.d + j];
        }
      }
      float* out = y + r * y_stride;
      switch (many) {
        case 4:
          multiply_in_place<4>(pairs, 2 * s_.d, weight, s_.d, out, y_stride);
          break;
        case 3:
          multiply_in_place<3>(pairs, 2 * s_.d, weight, s_.d, out, y_stride);
          break;
        case 2:
          multiply_in_place<2>(pairs, 2 * s_.d, weight, s_.d, out, y_stride);
          break;
        default:
          multiply_in_place<1>(pairs, 2 * s_.d, weight, s_.d, out, y_stride);
      }
    }
  }

  /// Bias and means onto y, and the sum of squares.
  float add_means(std::int64_t group, std::int64_t row, float* y) const {
    const T* bias = m_.grouped_bias.data() + group * s_.d;
    const T* u = m_.qkv.data() + row * s_.width;
    const std::int64_t share = s_.heads / s_.kv_heads;
    const bool query = group < s_.heads;
    const T* key = u + (query ? s_.heads + group / share : group) * s_.d;
    const T* queries = u + (query ? group : (group - s_.heads) * share) * s_.d;
    const std::int64_t many = query ? 1 : share;
    const float divisor = static_cast<float>(many);
    Lanes square[2] = {};
    std::int64_t o = 0;
    for (; o + lane_count <= s_.d; o += lane_count) {
      Lanes sum = load_lanes(queries + o);
      for (std::int64_t n = 1; n < many; ++n) sum += load_lanes(queries + n * s_.d + o);
      if (many > 1) sum /= divisor;
      const Lanes mean = 0.5F * (sum + load_lanes(key + o));
      const Lanes x = load_lanes(y + o) + load_lanes(bias + o) + mean;
      store_lanes(y + o, x);
      square[o / lane_count % 2] += x * x;
    }
    float total = sum_lanes(square[0] + square[1]);
    for (; o < s_.d; ++o) {
      y[o] += to_float(bias[o]) + m_.mean(s_, row, group * s_.d + o);
      total += y[o] * y[o];
    }
    return total;
  }

  void finish(std::int64_t group, std::int64_t row, float* y) const {
    T* out = m_.head(s_, row, group);
    if (!live(row)) {
      std::fill(out, out + s_.d, from_float<T>(0));
      return;
    }
    const float square = add_means(group, row, y);
    float scale = 1;
    std::int64_t x = 0;
    std::int64_t plain = 0;  // where the dims without rotation start
    if (s_.stage == ConvStage::mixed) {
      scale = std::sqrt(static_cast<float>(s_.d)) / std::sqrt(square + 1e-12F);
      if (group >= s_.heads) scale *= to_float(m_.temperature[group - s_.heads]);
      const float* cosine = rope(row);
      const float* sine = cosine + s_.half;
      for (; x + lane_count <= s_.half; x += lane_count) {
        const Lanes low = load_lanes(y + x) * scale;
        const Lanes high = load_lanes(y + s_.half + x) * scale;
        const Lanes c = load_lanes(cosine + x);
        const Lanes s = load_lanes(sine + x);
        store_lanes(out + x, low * c - high * s);
        store_lanes(out + s_.half + x, high * c + low * s);
      }
      for (; x < s_.half; ++x) {
        const float low = y[x] * scale;
        const float high = y[s_.half + x] * scale;
        out[x] = from_float<T>(low * cosine[x] - high * sine[x]);
        out[s_.half + x] = from_float<T>(high * cosine[x] + low * sine[x]);
      }
      plain = 2 * s_.half;
    }
    for (x = plain; x + lane_count <= s_.d; x += lane_count) {
      store_lanes(out + x, load_lanes(y + x) * scale);
    }
    for (; x < s_.d; ++x) out[x] = from_float<T>(y[x] * scale);
  }

  ConvMixingShape s_;
  ConvMixingMemory<T> m_;
  bool packs_;
  std::int64_t blocks_, panels_;
  std::vector<float> packed_;  // [groups, panels, 2 d, panel_width]
  std::vector<float> rope_;    // [tokens, 2, half]
};

template <class T>
std::unique_ptr<Launch> launch(const ConvMixingCase& c, TensorSet& tensors) {
  const ConvMixingStaged<T> staged(c, tensors);
  const auto kernel = std::make_shared<ConvMixingOnLanes<T>>(c, staged.memory());
  using Policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>;
  return make_launch([=] {
    ConvMixingOnLanes<T>* k = kernel.get();
    Kokkos::parallel_for("conv_mixing/cpu prepare", Policy(0, k->preparations()),
                         [=](std::int64_t item) { k->prepare(item); });
    Kokkos::parallel_for("conv_mixing/cpu", Policy(0, k->items()),
                         [=](std::int64_t item) { k->compute(item); });
    Kokkos::fence();
  });
}

std::optional<std::string> refusal(const ConvMixingCase&) {
  if constexpr (Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible) {
    return std::nullopt;
  }
  return "needs a host execution space, this build's Kokkos runs on " + std::string(Space::name());
}

}  // namespace

void register_conv_mixing_cpu(Registry& registry) {
  registry.add_variant<ConvMixingCase>(
      {"kokkos/cpu", Backend::kokkos, "a head of a block of rows as a packed matrix product"},
      [](const ConvMixingCase& c, TensorSet& tensors) {
        return with_storage(c.type, [&]<class T>(T) { return launch<T>(c, tensors); });
      },
      refusal);
}

}  // namespace kernelgate
