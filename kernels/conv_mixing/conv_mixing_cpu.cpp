// conv_mixing on CPU threads. A work item is one head of a block of rows. Its convolution is a
// small matrix product on packed weights, and the remaining steps run on the product while it is in
// cache. The result of an item is bit-identical whichever thread computes it. In prefill the
// portable variant reaches 0.84 to 0.95 of this variant's speed with AVX-512 and 0.81 to 0.86 with
// AVX2.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <memory>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/work_items.hpp"
#include "kernels/conv_mixing/conv_mixing_arguments.hpp"
#include "kernels/conv_mixing/depthwise_taps.hpp"
#include "kernels/conv_mixing/grouped_few.hpp"
#include "kernels/conv_mixing/grouped_tile.hpp"
#include "kernels/conv_mixing/head_finish.hpp"
#include "kernels/conv_mixing/rope_table.hpp"
#include "kernels/conv_mixing/value_rows.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t block_rows = 4 * group_tile_rows;

/// One launch: shapes, memory, and workspace reused between runs.
template <class T>
class ConvMixingOnLanes {
 public:
  ConvMixingOnLanes(const ConvMixingCase& c, const ConvMixingMemory<T>& memory)
      : s_(c),
        m_(memory),
        packs_(c.tokens > few_rows),
        blocks_(pieces(c.tokens, block_rows)),
        packed_("packed weights",
                packs_ ? static_cast<std::size_t>(s_.groups() * group_size()) : 0),
        rope_("rotations", static_cast<std::size_t>(c.tokens * c.rotary)) {}

  std::int64_t preparations() const { return (packs_ ? s_.groups() : 0) + blocks_; }
  std::int64_t items() const { return blocks_ * s_.groups(); }

  /// Packs one group's weights, or computes the rotations of a block of rows.
  void prepare(std::int64_t item) const {
    const std::int64_t block = item - (packs_ ? s_.groups() : 0);
    if (block < 0) return weights(item).pack(m_.grouped.data() + item * s_.d * s_.d * 2);
    const std::int64_t first = block * block_rows;
    for (std::int64_t row = first; row < first + rows_of(first); ++row) {
      fill_rope_row(m_.position[row], m_.frequency.data(), s_.half, rope(row));
    }
  }

  void compute(std::int64_t item) const {
    const Place at = place(item);
    const std::int64_t rows = rows_of(at.first);
    alignas(64) float depthwise[2 * block_rows * widest_head];
    alignas(64) float y[block_rows * widest_head];
    const std::int64_t y_stride = GroupPanels::width_of(s_.d);
    const bool decode = s_.form == ConvForm::decode;
    const std::int64_t stride = decode ? 2 * s_.d : s_.d;
    if (!packs_) fetch_first_weights(m_.grouped.data() + at.group * s_.d * s_.d * 2);
    const DepthwiseTaps<T> taps(s_, m_, at.group);
    decode ? taps.batch(at.first, rows, depthwise) : taps.sequence(at.first, rows, depthwise);
    if (packs_) {
      RowsAhead ahead = lines_ahead(item, at, rows);
      multiply_group(depthwise, stride, rows, weights(at.group), y, y_stride, ahead);
    } else {
      multiply_few(depthwise, stride, rows, m_.grouped.data() + at.group * s_.d * s_.d * 2, s_.d, y,
                   y_stride);
    }
    if (at.group >= s_.heads) write_values(s_, m_, at.group, at.first, rows);
    // Only this item has read these channels' states.
    if (decode || at.first == 0) write_states(s_, m_, at.group, at.first, rows);
    const HeadFinish<T> finish(s_, m_, at.group);
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t row = at.first + i;
      if (m_.slot_of(s_, row) >= 0)
        finish.write(row, y + i * y_stride, rope(row));
      else
        finish.clear(row);
    }
  }

 private:
  struct Place {
    std::int64_t group, first;
  };
  /// Heads of a block that share a key are consecutive, because their means read each other's rows.
  /// Blocks with the same key come next, so that a thread keeps these heads' weights in its L2.
  Place place(std::int64_t item) const {
    const std::int64_t share = s_.heads / s_.kv_heads;
    const std::int64_t member = item % (share + 1);
    const std::int64_t block = item / (share + 1) % blocks_;
    const std::int64_t key = item / (share + 1) / blocks_;
    return {member < share ? key * share + member : s_.heads + key, block * block_rows};
  }

  /// Lines to prefetch: the outputs of this item, the keys and values that it reads after its
  /// product, and the rows of the next item.
  RowsAhead lines_ahead(std::int64_t item, const Place& at, std::int64_t rows) const {
    RowsAhead ahead;
    constexpr auto element = static_cast<std::int64_t>(sizeof(T));
    const std::int64_t bytes = s_.d * element;
    const std::int64_t share = s_.heads / s_.kv_heads;
    const auto inputs = [&](std::int64_t row, std::int64_t column, std::int64_t count) {
      ahead.add(m_.qkv.data() + row * s_.width + column, bytes, count, s_.width * element);
    };
    const bool query = at.group < s_.heads;
    ahead.add(m_.head(s_, at.first, at.group), bytes, rows,
              (query ? s_.heads : s_.kv_heads) * bytes);
    if (query && at.group % share == 0) {
      inputs(at.first, (s_.heads + at.group / share) * s_.d, rows);
    }
    if (!query) {
      inputs(at.first, s_.channels + (at.group - s_.heads) * s_.d, rows);
      ahead.add(m_.v.data() + at.first * s_.kv_heads * s_.d + (at.group - s_.heads) * s_.d, bytes,
                rows, s_.kv_heads * bytes);
    }
    if (item + 1 < items()) {
      const Place next = place(item + 1);
      inputs(next.first, next.group * s_.d, rows_of(next.first));
    }
    return ahead;
  }

  std::int64_t group_size() const { return GroupPanels::size(s_.d); }
  GroupPanels weights(std::int64_t group) const {
    return {packed_.data() + group * group_size(), s_.d};
  }
  float* rope(std::int64_t row) const { return rope_.data() + row * 2 * s_.half; }
  std::int64_t rows_of(std::int64_t first) const { return std::min(block_rows, s_.tokens - first); }

  using Floats = Kokkos::View<float*, Kokkos::HostSpace>;  // cache-line aligned
  ConvMixingShape s_;
  ConvMixingMemory<T> m_;
  bool packs_;
  std::int64_t blocks_;
  Floats packed_;  // GroupPanels of each group
  Floats rope_;    // [tokens, 2, half]
};

template <class T>
std::unique_ptr<Launch> launch(const ConvMixingCase& c, TensorSet& tensors) {
  const ConvMixingStaged<T> staged(c, tensors);
  const auto kernel = std::make_shared<const ConvMixingOnLanes<T>>(c, staged.memory());
  return make_launch([=] {
    const ConvMixingOnLanes<T>* k = kernel.get();
    if (k->preparations() == 1)
      k->prepare(0);  // faster than starting threads
    else
      for_each_host_item("conv_mixing/cpu prepare", k->preparations(),
                         [=](std::int64_t item) { k->prepare(item); });
    // Static schedule: consecutive items run on one thread; see place().
    using Policy = Kokkos::RangePolicy<HostSpace, Kokkos::Schedule<Kokkos::Static>,
                                       Kokkos::IndexType<std::int64_t>>;
    Kokkos::parallel_for("conv_mixing/cpu", Policy(0, k->items()),
                         [=](std::int64_t item) { k->compute(item); });
    Kokkos::fence();
  });
}

std::optional<std::string> unsupported_reason(const ConvMixingCase&) {
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
      unsupported_reason);
}

}  // namespace kernelgate
