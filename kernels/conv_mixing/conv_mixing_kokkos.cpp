// conv_mixing, portable: a team computes one head of a block of rows, from projections to Q, K and
// V. Groups of the grouped convolution are heads, so teams are independent of each other.
#include <Kokkos_Core.hpp>

#include "harness/core/pieces.hpp"
#include "kernels/common/kokkos/pack_math.hpp"
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/row_pass.hpp"
#include "kernels/common/kokkos/row_product.hpp"
#include "kernels/conv_mixing/conv_mixing_arguments.hpp"
#include "kernels/conv_mixing/grouped_operands_kokkos.hpp"
#include "kernels/conv_mixing/rotations_kokkos.hpp"
#include "kernels/conv_mixing/rows_ahead.hpp"

namespace kernelgate {
namespace {

/// Work items that share a row when rows are finished.
template <class Shape>
inline constexpr int row_parts = Shape::is_host ? 1 : 16;

/// Calls body(PackWidth<W>, j) for one part's share of `count` numbers, W numbers from each j on.
template <class Shape, class Body>
KOKKOS_FORCEINLINE_FUNCTION void for_part(int part, int count, const Body& body) {
  constexpr int W = Shape::lanes, parts = row_parts<Shape>;
  static_assert(parts == 1 || W == 1);
  int j = part * W;
  for (; j + W <= count; j += parts * W) body(PackWidth<W>{}, j);
  if constexpr (W > 1) {
    for (; j < count; ++j) body(PackWidth<1>{}, j);
  }
}

template <class Shape, class Product, class T>
struct MixHeads {
  static constexpr int lanes = Shape::lanes, parts = row_parts<Shape>;

  ConvMixingShape s;
  ConvMixingMemory<T> m;
  const float* rotations;  // [tokens, 2, half]: cosines and sines of a token
  int d, padded;           // head_dim; rounded up to whole packs
  int blocks;              // blocks of rows

  struct Share {
    std::int64_t group, first;
    int rows;
    int first_query, queries, key;  // heads of the mean
    float part;                     // 1 / queries
    float *depthwise, *head, *squares, *product;
  };

  KOKKOS_FUNCTION bool decodes() const { return s.form == ConvForm::decode; }
  KOKKOS_FUNCTION bool live(std::int64_t row) const { return m.slot_of(s, row) >= 0; }
  KOKKOS_FUNCTION const T* projections(std::int64_t row) const {
    return m.qkv.data() + row * s.width;
  }
  KOKKOS_FUNCTION float* conv_state(std::int64_t row, std::int64_t channel) const {
    return m.conv_state.data() + (m.slot_of(s, row) * s.channels + channel) * 2;
  }

  KOKKOS_FUNCTION static constexpr int scratch_floats(int padded, bool decodes) {
    constexpr int rows = Product::rows;
    return (decodes ? 2 * rows : rows + 1) * padded + rows * (padded + parts) +
           Product::scratch_floats(2 * padded, padded);
  }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    Share share = share_of(team.league_rank());
    const auto bytes = sizeof(float) * static_cast<std::size_t>(scratch_floats(padded, decodes()));
    constexpr int rows = Product::rows;
    share.depthwise = static_cast<float*>(
        team.team_scratch(int{Shape::scratch_level}).get_shmem_aligned(bytes, 64));
    share.head = share.depthwise + (decodes() ? 2 * rows : rows + 1) * padded;
    share.product = share.head + rows * padded;
    share.squares = share.product + Product::scratch_floats(2 * padded, padded);
    depthwise(team, share);
    if (share.group >= s.heads) write_values(team, share);
    team.team_barrier();  // every read of the old state is done: now it may change
    if (decodes() || share.first == 0) write_state(team, share);
    const DepthwiseRows x{share.depthwise, decodes() ? 2 * padded : padded};
    using Ahead = std::conditional_t<Shape::is_host, RowsAhead, NoRowsAhead>;
    Ahead rows_ahead;
    if constexpr (Shape::is_host) fetch_later(rows_ahead, team.league_rank(), share);
    const TapWeights<T, Ahead> w{m.grouped.data() + share.group * s.d * s.d * 2, d, padded,
                                 &rows_ahead};
    Product::multiply(team, share.product, x, share.rows, w, 0, d, [&](int i) {
      return [to = share.head + i * padded](int o, auto sums, int) { store(to + o, sums); };
    });
    team.team_barrier();
    finish(team, share);
  }

  /// Heads of a block that share a key are consecutive, since their means read each other's rows;
  /// then follow the other blocks of this key, whose weights are still in the host core's cache.
  KOKKOS_FUNCTION Share share_of(int rank) const {
    const auto members = static_cast<int>(s.heads / s.kv_heads) + 1;
    const int member = rank % members;
    const int block = rank / members % blocks;
    const int key = rank / members / blocks;
    const bool query = member + 1 < members;
    Share share{};
    share.group = query ? key * (members - 1) + member : s.heads + key;
    share.first = static_cast<std::int64_t>(block) * int{Product::rows};
    const std::int64_t left = s.tokens - share.first;
    share.rows = left < Product::rows ? static_cast<int>(left) : int{Product::rows};
    share.first_query = key * (members - 1) + (query ? member : 0);
    share.queries = query ? 1 : members - 1;
    share.key = static_cast<int>(s.heads) + key;
    share.part = 1.0F / static_cast<float>(share.queries);
    return share;
  }

  /// Prefetches data that a host thread touches next: its outputs, the keys needed by the first
  /// query head, values, and the inputs of the next team.
  template <class Ahead>
  void fetch_later(Ahead& ahead, int rank, const Share& share) const {
    constexpr auto element = static_cast<std::int64_t>(sizeof(T));
    const std::int64_t bytes = d * element;
    const auto inputs = [&](const Share& of, std::int64_t column) {
      ahead.add(projections(of.first) + column, bytes, of.rows, s.width * element);
    };
    const bool query = share.group < s.heads;
    ahead.add(m.head(s, share.first, share.group), bytes, share.rows,
              (query ? s.heads : s.kv_heads) * bytes);
    if (query && share.group % share_of_key() == 0) inputs(share, share.key * s.d);
    if (!query) {
      const std::int64_t value = (share.group - s.heads) * s.d;
      inputs(share, s.channels + value);
      ahead.add(m.v.data() + share.first * s.kv_heads * s.d + value, bytes, share.rows,
                s.kv_heads * bytes);
    }
    if (rank + 1 < blocks * s.groups()) {
      const Share next = share_of(rank + 1);
      inputs(next, next.group * s.d);
    }
  }
  KOKKOS_FUNCTION std::int64_t share_of_key() const { return s.heads / s.kv_heads; }

  /// Calls body(PackWidth<W>, j) for the d channels of a head, W channels from each j on.
  template <class Body>
  KOKKOS_FORCEINLINE_FUNCTION void for_channels(const ShapedTeam& team, const Body& body) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, padded / int{lanes}), [&](int item) {
      const int j = item * lanes;
      if (j + lanes <= d) return body(PackWidth<lanes>{}, j);
      if constexpr (lanes > 1) {
        for (int i = j; i < d; ++i) body(PackWidth<1>{}, i);
      }
    });
  }

  /// u of W channels at token t of a sequence; t may be before its start.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> input(std::int64_t t, std::int64_t channel) const {
    if (t >= 0) return widen<W>(projections(t) + channel);
    Pack<float, W> older = broadcast<Pack<float, W>>(0.0F), newer = older;
    if (s.form != ConvForm::prefill) widen_deinterleaved<W>(conv_state(0, channel), older, newer);
    return t == -2 ? older : newer;
  }

  /// D of the token before the block and of its rows; in a decode batch D_{t-1} and D_t of each
  /// row.
  KOKKOS_FORCEINLINE_FUNCTION void depthwise(const ShapedTeam& team, const Share& share) const {
    const int lines = decodes() ? 2 * share.rows : share.rows + 1;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, lines), [&](int line) {
      for (int j = d; j < padded; ++j) share.depthwise[line * padded + j] = 0;
    });
    for_channels(team, [&](auto width, int j) {
      constexpr int W = decltype(width)::value;
      using P = Pack<float, W>;
      const std::int64_t c = share.group * s.d + j;
      float* to = share.depthwise + j;
      P older_weight, newer_weight;
      widen_deinterleaved<W>(m.depthwise.data() + 2 * c, older_weight, newer_weight);
      const P bias = widen<W>(m.depthwise_bias.data() + c);
      const auto put = [&](const P& older, const P& newer) {
        store(to, older_weight * older + (newer_weight * newer + bias));
        to += padded;
      };
      if (decodes()) {
        for (std::int64_t row = share.first; row < share.first + share.rows; ++row) {
          if (live(row)) {
            P oldest, older;
            widen_deinterleaved<W>(conv_state(row, c), oldest, older);
            put(oldest, older);
            put(older, widen<W>(projections(row) + c));
          } else {
            for (int tap = 0; tap < 2; ++tap, to += padded) store(to, broadcast<P>(0.0F));
          }
        }
      } else {
        P older = input<W>(share.first - 2, c);
        for (int i = 0; i <= share.rows; ++i) {
          const P newer = input<W>(share.first + i - 1, c);
          put(older, newer);
          older = newer;
        }
      }
    });
  }

  /// V of a key head: this token's values, then the delayed ones of the token before.
  KOKKOS_FORCEINLINE_FUNCTION void write_values(const ShapedTeam& team, const Share& share) const {
    const std::int64_t begin = (share.group - s.heads) * s.d;
    for_channels(team, [&](auto width, int j) {
      constexpr int W = decltype(width)::value;
      const std::int64_t f = begin + j;
      for (std::int64_t row = share.first; row < share.first + share.rows; ++row) {
        T* to = m.v.data() + row * s.kv_heads * s.d + f;
        const T* from = projections(row) + s.channels + f;
        if (live(row) && f + W <= s.lag) {
          copy_pack<W>(to, from);
        } else if (live(row) && f >= s.lag && row > 0 && !decodes()) {
          copy_pack<W>(to, from - s.width);
        } else {
          for (int i = 0; i < W; ++i) {
            to[i] = live(row) ? m.value(s, row, f + i) : from_float<T>(0);
          }
        }
      }
    });
  }

  // The team that read a slot's channels also writes them. In a sequence only the first block reads
  // the state, so its team also writes the state after the last row.
  KOKKOS_FORCEINLINE_FUNCTION void write_state(const ShapedTeam& team, const Share& share) const {
    const std::int64_t begin = decodes() ? share.first : s.tokens - 1;
    const std::int64_t end = decodes() ? share.first + share.rows : s.tokens;
    for_channels(team, [&](auto width, int j) {
      constexpr int W = decltype(width)::value;
      const std::int64_t c = share.group * s.d + j;
      const std::int64_t f = c - s.heads * s.d;  // values assigned to this team
      for (std::int64_t row = begin; row < end; ++row) {
        if (!live(row)) continue;
        Pack<float, W> oldest, older;
        if (decodes()) {
          widen_deinterleaved<W>(conv_state(row, c), oldest, older);
        } else {
          older = input<W>(row - 1, c);
        }
        store_pairs(conv_state(row, c), older, widen<W>(projections(row) + c));
        for (int i = 0; i < W; ++i) {
          if (f + i < s.lag) continue;
          m.lag_state[m.slot_of(s, row) * s.lag + f + i - s.lag] =
              to_float(projections(row)[s.channels + f + i]);
        }
      }
    });
  }

  /// (q + k) / 2 of W channels from j on of a head; for a key q is the mean over its queries. `u`
  /// is the row of the projections.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> mean(const Share& share, const T* u, int j) const {
    const T* queries = u + share.first_query * d + j;
    Pack<float, W> sum = widen<W>(queries);
    for (int n = 1; n < share.queries; ++n) sum += widen<W>(queries + n * d);
    if ((share.queries & (share.queries - 1)) == 0) {  // exact, and faster than dividing
      sum = sum * share.part;
    } else {
      sum = sum / static_cast<float>(share.queries);
    }
    return (sum + widen<W>(u + share.key * d + j)) * 0.5F;
  }

  /// Bias, mean, norm, temperature and rotation of a block's rows.
  KOKKOS_FORCEINLINE_FUNCTION void finish(const ShapedTeam& team, const Share& share) const {
    const auto for_rows = [&](const auto& body) {
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team, share.rows * parts),
                           [&](int item) { body(item / parts, item % parts); });
    };
    for_rows([&](int i, int part) {
      float* x = share.head + i * padded;
      const T* u = projections(share.first + i);
      const T* bias = m.grouped_bias.data() + share.group * s.d;
      auto squares = broadcast<Pack<float, lanes>>(0.0F);
      float rest = 0;
      for_part<Shape>(part, d, [&](auto width, int j) {
        constexpr int W = decltype(width)::value;
        const auto v = load<Pack<float, W>>(x + j) + widen<W>(bias + j) + mean<W>(share, u, j);
        store(x + j, v);
        if constexpr (W == lanes) {
          squares += v * v;
        } else {
          rest += v[0] * v[0];
        }
      });
      share.squares[i * parts + part] = sum(squares) + rest;
    });
    team.team_barrier();
    for_rows([&](int i, int part) { finish_row(share, i, part); });
  }

  KOKKOS_FORCEINLINE_FUNCTION void finish_row(const Share& share, int i, int part) const {
    const std::int64_t row = share.first + i;
    const float* x = share.head + i * padded;
    T* out = m.head(s, row, share.group);
    const bool mixed = s.stage == ConvStage::mixed && live(row);
    const int half = mixed ? static_cast<int>(s.half) : 0;
    float scale = live(row) ? 1.0F : 0.0F;
    if (mixed) {
      float square = 0;
      KG_UNROLL for (int p = 0; p < parts; ++p) square += share.squares[i * parts + p];
      scale = Kokkos::sqrt(static_cast<float>(d)) / Kokkos::sqrt(square + 1e-12F);
      if (share.group >= s.heads) scale *= to_float(m.temperature[share.group - s.heads]);
    }
    const float* cosines = rotations + row * 2 * half;
    const float* sines = cosines + half;
    for_part<Shape>(part, half, [&](auto width, int j) {
      using P = Pack<float, decltype(width)::value>;
      const P low = load<P>(x + j) * scale, high = load<P>(x + half + j) * scale;
      const P cosine = load<P>(cosines + j), sine = load<P>(sines + j);
      narrow(out + j, low * cosine - high * sine);
      narrow(out + half + j, high * cosine + low * sine);
    });
    for_part<Shape>(part, d - 2 * half, [&](auto width, int j) {
      using P = Pack<float, decltype(width)::value>;
      narrow(out + 2 * half + j, load<P>(x + 2 * half + j) * scale);
    });
  }
};

template <class Shape, class Product, class T>
std::unique_ptr<Launch> launch(const ConvMixingCase& c, TensorSet& tensors) {
  using Heads = MixHeads<Shape, Product, T>;
  const ConvMixingStaged<T> staged(c, tensors);
  const DeviceView<float> rotations("rotations", static_cast<std::size_t>(c.tokens * c.rotary));
  const auto d = static_cast<int>(c.head_dim), half = static_cast<int>(c.rotary / 2);
  const int padded = rounded_up(d, Shape::lanes);
  const auto blocks = static_cast<int>(pieces(c.tokens, Product::rows));
  const Heads heads{ConvMixingShape(c), staged.memory(), rotations.data(), d, padded, blocks};
  static_assert(Shape::is_host || 4 * Heads::scratch_floats(256, true) + 64 <= 64 * 1024);
  const int floats = Heads::scratch_floats(padded, c.form == ConvForm::decode);
  const auto teams = teams_of<TeamShape<Shape, Product::team_size, Product::vector_length>>(
      blocks * c.groups(), sizeof(float) * static_cast<std::size_t>(floats) + 64);
  const int token_items = pieces(half, Shape::lanes);
  const Rotations<Shape> rotate{staged.position.data(), staged.frequency.data(), rotations.data(),
                                half, token_items};
  const Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>> items(0,
                                                                          c.tokens * token_items);
  const bool rotates = c.stage == ConvStage::mixed && half > 0;
  return make_launch(
      [=] {
        (void)rotations;  // owns its memory
        if (rotates) Kokkos::parallel_for("conv_mixing/rotations", items, rotate);
        Kokkos::parallel_for("conv_mixing", teams, heads);
        Kokkos::fence();
      },
      [=] { staged.fetch(); });
}

/// Many rows. On a host 128 rows amortise the staging of weights and stay in the second-level
/// cache; on a device 16 rows leave shared memory for several teams.
template <class Shape, int RowPacks>
struct ManyRows {
  static constexpr bool host = Shape::is_host;
  static constexpr int row_blocks = !host ? 4 : RowPacks == 1 ? 1 : 128 / (RowPacks * Shape::lanes);
  using Product = TiledRowProduct<
      ProductTile<Shape, RowPacks, row_blocks, host ? Shape::block_columns : 4, host ? 1 : 32, 16>>;
};

template <class Shape, class T>
std::unique_ptr<Launch> launch(const ConvMixingCase& c, TensorSet& tensors) {
  if constexpr (Shape::is_host) {
    if (c.tokens == 1) return launch<Shape, DottedRowProduct<Shape, 1>, T>(c, tensors);
    if (c.tokens == 2) return launch<Shape, DottedRowProduct<Shape, 2>, T>(c, tensors);
    if (c.tokens <= 4) return launch<Shape, DottedRowProduct<Shape, 4>, T>(c, tensors);
    if (c.tokens <= 8) return launch<Shape, DottedRowProduct<Shape, 8>, T>(c, tensors);
    if (c.tokens <= Shape::lanes) {
      return launch<Shape, typename ManyRows<Shape, 1>::Product, T>(c, tensors);
    }
  } else {
    if (c.tokens <= 4) return launch<Shape, DottedRowProduct<Shape, 4>, T>(c, tensors);
  }
  return launch<Shape, typename ManyRows<Shape, Shape::row_packs>::Product, T>(c, tensors);
}

}  // namespace

void register_conv_mixing_kokkos(Registry& registry) {
  add_portable_variants<ConvMixingCase>(
      registry, "a team per head and block of rows, everything between in scratch",
      [](auto shape, const ConvMixingCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type, [&]<class T>(T) { return launch<Shape, T>(c, tensors); });
      });
}

}  // namespace kernelgate
