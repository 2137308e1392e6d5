// mla_attention, portable: one team a tile of query rows with its queries and sums in scratch, keys
// read where they lie; caches of a decode are cut into splits whose results a second kernel merges.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/mla_attention/mla_layout.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t lanes = 8;  // neighbouring components that one work item holds
constexpr std::int64_t scratch_limit = 64 * 1024;
constexpr std::int64_t block_keys = 32;
constexpr std::int64_t split_keys = 512;

/// What a split knows of one query row: largest score, sum of weights, weighted values (not
/// divided).
struct Partial {
  DeviceView<float> largest, total, mixed;
};

template <class T>
struct AttendLatent {
  using Policy = Kokkos::TeamPolicy<Space>;
  using Team = typename Policy::member_type;
  using Scratch = Kokkos::View<float*, Space::scratch_memory_space, Kokkos::MemoryUnmanaged>;

  MlaLayout at;
  std::int64_t tile_rows, tiles, splits;
  float scale;
  DeviceView<T> q, cache, own, out;  // own: where keys' own parts and values lie
  DeviceView<std::int32_t> valid;
  Partial partial;

  static std::int64_t scratch_floats(const MlaLayout& at, std::int64_t rows) {
    return rows * (at.width() + at.values + block_keys + 3);
  }

  /// The team's share: query rows [row, row + count) of one key head, keys [begin, end).
  struct Tile {
    std::int64_t b, j, row, count, split, valid_end, begin, end;
  };
  KOKKOS_FUNCTION Tile tile_of(std::int64_t rank) const {
    Tile t{};
    t.split = rank % splits;
    rank /= splits;
    t.row = rank % tiles * tile_rows;
    rank /= tiles;
    t.j = rank % at.key_heads;
    t.b = rank / at.key_heads;
    const std::int64_t left = at.tokens * at.group - t.row;
    t.count = left < tile_rows ? left : tile_rows;
    t.valid_end = valid(2 * t.b + 1);
    t.begin = valid(2 * t.b) + t.split * split_keys * (splits > 1 ? 1 : 0);
    t.end = at.end_of((t.row + t.count - 1) / at.group, t.valid_end);
    if (splits > 1 && t.end - t.begin > split_keys) t.end = t.begin + split_keys;
    return t;
  }
  KOKKOS_FUNCTION std::int64_t query_of(const Tile& t, std::int64_t r) const {
    return at.query(t.b, (t.row + r) / at.group, t.j * at.group + (t.row + r) % at.group);
  }

  /// Several sums side by side, since a compiler may not split one.
  KOKKOS_FUNCTION static float dot(const float* a, const T* b, std::int64_t count) {
    float sum[lanes] = {};
    std::int64_t x = 0;
    for (; x + lanes <= count; x += lanes) {
      for (std::int64_t l = 0; l < lanes; ++l) sum[l] += a[x + l] * to_float(b[x + l]);
    }
    for (; x < count; ++x) sum[0] += a[x] * to_float(b[x]);
    float all = 0;
    for (std::int64_t l = 0; l < lanes; ++l) all += sum[l];
    return all;
  }

  KOKKOS_FUNCTION void scores(const Team& team, const Tile& t, std::int64_t s0,
                              const float* queries, float* weights) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * block_keys), [&](std::int64_t i) {
      const std::int64_t r = i / block_keys, s = s0 + i % block_keys;
      const std::int64_t end = at.end_of((t.row + r) / at.group, t.valid_end);
      weights[i] = -INFINITY;
      if (s >= end || s >= t.end) return;
      const float* a = queries + r * at.width();
      weights[i] = dot(a, own.data() + at.key_at(t.b, s, t.j), at.own) +
                   dot(a + at.own, cache.data() + at.cache_at(t.b, s) + at.rank, at.rope);
    });
  }

  // Turns scores into weights under the new running maximum; `shrink` rescales what was summed.
  KOKKOS_FUNCTION void soften(const Team& team, const Tile& t, float* weights, float* largest,
                              float* total, float* shrink) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, t.count), [&](std::int64_t r) {
      float* row = weights + r * block_keys;
      float most = -INFINITY;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, block_keys),
          [&](std::int64_t s, float& m) { m = row[s] > m ? row[s] : m; }, Kokkos::Max<float>(most));
      const float before = largest[r];
      most = most > before ? most : before;
      const float base = most == -INFINITY ? 0.0F : most;  // nothing visible yet: weights are 0
      float sum = 0;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, block_keys),
          [&](std::int64_t s, float& part) {
            row[s] = Kokkos::exp(row[s] - base);
            part += row[s];
          },
          sum);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        shrink[r] = Kokkos::exp(before - base);
        total[r] = total[r] * shrink[r] + sum;
        largest[r] = most;
      });
    });
  }

  // Rows from t.end on are never read: 0 times the NaN of an unwritten row is NaN.
  KOKKOS_FUNCTION void mix(const Team& team, const Tile& t, std::int64_t s0, const float* weights,
                           const float* shrink, float* mixed) const {
    const std::int64_t groups = (at.values + lanes - 1) / lanes;
    const std::int64_t keys = t.end - s0 < block_keys ? t.end - s0 : block_keys;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * groups), [&](std::int64_t i) {
      const std::int64_t r = i / groups, x = i % groups * lanes;
      const std::int64_t width = at.values - x < lanes ? at.values - x : lanes;
      float* target = mixed + r * at.values + x;
      float sum[lanes] = {};
      for (std::int64_t s = 0; s < keys; ++s) {
        const float a = weights[r * block_keys + s];
        const T* b = own.data() + at.value_at(t.b, s0 + s, t.j) + x;
        if (width == lanes) {
          for (std::int64_t l = 0; l < lanes; ++l) sum[l] += a * to_float(b[l]);
        } else {
          for (std::int64_t l = 0; l < width; ++l) sum[l] += a * to_float(b[l]);
        }
      }
      for (std::int64_t l = 0; l < width; ++l) target[l] = target[l] * shrink[r] + sum[l];
    });
  }

  KOKKOS_FUNCTION void store(const Team& team, const Tile& t, const float* largest,
                             const float* total, const float* mixed) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * at.values), [&](std::int64_t i) {
      const std::int64_t r = i / at.values, x = i % at.values;
      const std::int64_t to = query_of(t, r);
      if (splits == 1) {
        const float sum = total[r];
        out(to * at.values + x) = from_float<T>(sum > 0 || sum != sum ? mixed[i] / sum : 0.0F);
        return;
      }
      const std::int64_t row = to * splits + t.split;
      partial.mixed(row * at.values + x) = mixed[i];
      if (x == 0) {
        partial.largest(row) = largest[r];
        partial.total(row) = total[r];
      }
    });
  }

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const Tile t = tile_of(team.league_rank());
    const Scratch memory(
        team.team_scratch(0),
        static_cast<std::size_t>(tile_rows * (at.width() + at.values + block_keys + 3)));
    float* queries = memory.data();
    float* mixed = queries + tile_rows * at.width();
    float* weights = mixed + tile_rows * at.values;
    float* largest = weights + tile_rows * block_keys;
    float* total = largest + tile_rows;
    float* shrink = total + tile_rows;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * at.width()), [&](std::int64_t i) {
      const std::int64_t r = i / at.width(), x = i % at.width();
      queries[i] = to_float(q(query_of(t, r) * at.width() + x)) * scale;
      if (x == 0) {
        largest[r] = -INFINITY;
        total[r] = 0;
      }
    });
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * at.values),
                         [&](std::int64_t i) { mixed[i] = 0; });
    team.team_barrier();
    for (std::int64_t s0 = t.begin; s0 < t.end; s0 += block_keys) {
      scores(team, t, s0, queries, weights);
      team.team_barrier();
      soften(team, t, weights, largest, total, shrink);
      team.team_barrier();
      mix(team, t, s0, weights, shrink, mixed);
      team.team_barrier();
    }
    store(team, t, largest, total, mixed);
  }
};

/// out = sum_i e^(m_i - m) mixed_i / sum_i e^(m_i - m) total_i, m = max m_i: right for any splits.
template <class T>
struct MergeLatent {
  std::int64_t values, splits;
  DeviceView<T> out;
  Partial partial;

  KOKKOS_FUNCTION void operator()(std::int64_t i) const {
    const std::int64_t row = i / values * splits, x = i % values;
    float most = -INFINITY;
    for (std::int64_t s = 0; s < splits; ++s) {
      const float m = partial.largest(row + s);
      most = m > most ? m : most;
    }
    const float base = most == -INFINITY ? 0.0F : most;
    float total = 0, mixed = 0;
    for (std::int64_t s = 0; s < splits; ++s) {
      const float factor = Kokkos::exp(partial.largest(row + s) - base);
      total += factor * partial.total(row + s);
      mixed += factor * partial.mixed((row + s) * values + x);
    }
    out(i) = from_float<T>(total > 0 || total != total ? mixed / total : 0.0F);
  }
};

std::int64_t splits_of(const MlaAttentionCase& c) {
  return c.form == MlaForm::decode ? (c.rows() + split_keys - 1) / split_keys : 1;
}

template <class T>
std::unique_ptr<Launch> launch(const MlaAttentionCase& c, TensorSet& tensors) {
  using Functor = AttendLatent<T>;
  const MlaLayout at(c);
  const std::int64_t most =  // Kokkos' OpenMP gives a team 32 KiB
      std::min<std::int64_t>(scratch_limit, Functor::Policy::scratch_size_max(0));
  std::int64_t tile_rows = 16;
  while (tile_rows > 1 && Functor::scratch_floats(at, tile_rows) * 4 > most) tile_rows /= 2;
  const std::int64_t tiles = (c.tokens * at.group + tile_rows - 1) / tile_rows;
  const std::int64_t splits = splits_of(c);
  const auto queries = static_cast<std::size_t>(c.batch * c.tokens * c.heads);
  const std::size_t kept = splits > 1 ? queries * static_cast<std::size_t>(splits) : 0;
  const Partial partial{DeviceView<float>("largest", kept), DeviceView<float>("total", kept),
                        DeviceView<float>("mixed", kept * static_cast<std::size_t>(c.values()))};
  const Staged<T> q(tensors["q"]), cache(tensors["cache"]), out(tensors["out"]);
  const Staged<T> own = c.latent() ? cache : Staged<T>(tensors["expanded"]);
  const Staged<std::int32_t> valid(tensors["valid"]);
  const float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(c.nope + c.rope)));
  const Functor attend{at,           tile_rows,  tiles,      splits,       scale,  q.view(),
                       cache.view(), own.view(), out.view(), valid.view(), partial};
  const MergeLatent<T> merge{c.values(), splits, out.view(), partial};
  typename Functor::Policy policy(static_cast<int>(c.batch * at.key_heads * tiles * splits),
                                  Kokkos::AUTO);
  policy.set_scratch_size(
      0, Kokkos::PerTeam(static_cast<int>(4 * Functor::scratch_floats(at, tile_rows))));
  const auto elements = static_cast<std::int64_t>(queries) * c.values();
  return make_launch(
      [=] {
        Kokkos::parallel_for("mla_attention", policy, attend);
        if (splits > 1) {
          Kokkos::parallel_for(
              "mla_attention_merge",
              Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(0, elements), merge);
        }
        Kokkos::fence();
      },
      [=] { out.fetch(); });
}

// Teams of one row each, the most that a launch can need: the league's rank is an int.
std::optional<std::string> refusal(const MlaAttentionCase& c) {
  const std::int64_t teams = c.batch * c.tokens * c.heads * splits_of(c);
  if (teams <= 2147483647) return std::nullopt;
  return "needs up to " + std::to_string(teams) + " teams, a league holds 2147483647";
}

}  // namespace

void register_mla_attention_kokkos(Registry& registry) {
  registry.add_variant<MlaAttentionCase>(
      {"kokkos", Backend::kokkos, "TeamPolicy, query rows in scratch, decode in splits"},
      [](const MlaAttentionCase& c, TensorSet& tensors) {
        return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
      },
      refusal);
}

}  // namespace kernelgate
