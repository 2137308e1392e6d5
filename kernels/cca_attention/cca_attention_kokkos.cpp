// cca_attention, portable: one team a tile of query rows, running maximum and sum over tiles of
// keys in scratch; long caches are cut into splits whose results a second kernel merges.
#include "kernels/cca_attention/cca_attention_kokkos.hpp"

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "harness/executors/kokkos/staging.hpp"

namespace kernelgate {
namespace {

constexpr std::int64_t lanes = 8;  // neighbouring keys or components that one work item holds
constexpr std::int64_t scratch_limit = 64 * 1024;

/// What a split knows of one query row: largest score, sum of weights, weighted values (not
/// divided).
struct Partial {
  DeviceView<float> largest, total, mixed;
};

template <class T>
struct AttendTiles {
  using Policy = Kokkos::TeamPolicy<Space>;
  using Team = typename Policy::member_type;
  using Scratch = Kokkos::View<float*, Space::scratch_memory_space, Kokkos::MemoryUnmanaged>;

  AttentionSizes size;
  AttentionCut cut;
  std::int64_t tiles, splits, width;  // width: head_dim rounded up to whole lanes
  float scale;
  DeviceView<T> q, k, v, out;
  DeviceView<std::int32_t> valid;
  Partial partial;

  KOKKOS_FUNCTION static std::int64_t scratch_floats(const AttentionCut& cut, std::int64_t width) {
    return 2 * cut.tile_rows * width + 2 * cut.tile_keys * width + cut.tile_rows * cut.tile_keys +
           3 * cut.tile_rows;
  }

  /// The team's share: query rows [row, row + count) of one kv head, keys [begin, end) of a
  /// sequence.
  struct Tile {
    std::int64_t b, j, row, count, split, first, valid_end, begin, end;
  };

  KOKKOS_FUNCTION Tile tile_of(std::int64_t rank) const {
    Tile t{};
    t.split = rank % splits;
    rank /= splits;
    t.row = rank % tiles * cut.tile_rows;
    rank /= tiles;
    t.j = rank % size.kv_heads;
    t.b = rank / size.kv_heads;
    const std::int64_t left = size.tokens * size.group - t.row;
    t.count = left < cut.tile_rows ? left : cut.tile_rows;
    t.first = valid(2 * t.b);
    t.valid_end = valid(2 * t.b + 1);
    const std::int64_t last_token = (t.row + t.count - 1) / size.group;
    const std::int64_t end = size.end_of(last_token, t.valid_end);
    t.begin = size.begin_of(t.row / size.group, t.first, t.valid_end);
    if (splits > 1) t.begin += t.split * cut.split_keys;
    t.end = splits > 1 && end - t.begin > cut.split_keys ? t.begin + cut.split_keys : end;
    return t;
  }

  // K transposed, so that neighbouring keys lie side by side; rows and columns beyond the data are
  // 0.
  KOKKOS_FUNCTION void load_keys(const Team& team, const Tile& t, std::int64_t s0, float* keys,
                                 float* values) const {
    const std::int64_t d = size.head_dim;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, cut.tile_keys * width), [&](std::int64_t i) {
      const std::int64_t s = i / width, x = i % width;
      const bool real = s0 + s < t.end && x < d;
      const std::int64_t at = real ? size.key_at(t.b, s0 + s, t.j) + x : 0;
      keys[x * cut.tile_keys + s] = real ? to_float(k(at)) : 0.0F;
      values[s * width + x] = real ? to_float(v(at)) : 0.0F;
    });
  }

  KOKKOS_FUNCTION void scores(const Team& team, const Tile& t, std::int64_t s0,
                              const float* queries, const float* keys, float* weights) const {
    const std::int64_t groups = cut.tile_keys / lanes;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * groups), [&](std::int64_t i) {
      const std::int64_t r = i / groups, s = i % groups * lanes;
      float sum[lanes] = {};
      for (std::int64_t x = 0; x < size.head_dim; ++x) {
        const float a = queries[r * width + x];
        const float* b = keys + x * cut.tile_keys + s;
        for (std::int64_t l = 0; l < lanes; ++l) sum[l] += a * b[l];
      }
      const std::int64_t token = (t.row + r) / size.group;
      const std::int64_t begin = size.begin_of(token, t.first, t.valid_end);
      std::int64_t end = size.end_of(token, t.valid_end);
      end = end < t.end ? end : t.end;
      for (std::int64_t l = 0; l < lanes; ++l) {
        const std::int64_t at = s0 + s + l;
        weights[r * cut.tile_keys + s + l] = at >= begin && at < end ? sum[l] : -INFINITY;
      }
    });
  }

  // Turns scores into weights under the new running maximum; `shrink` rescales what was summed.
  KOKKOS_FUNCTION void update_rows(const Team& team, const Tile& t, float* weights, float* largest,
                                   float* total, float* shrink) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, t.count), [&](std::int64_t r) {
      float* row = weights + r * cut.tile_keys;
      float most = -INFINITY;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, cut.tile_keys),
          [&](std::int64_t s, float& m) { m = row[s] > m ? row[s] : m; }, Kokkos::Max<float>(most));
      const float before = largest[r];
      most = most > before ? most : before;
      const float base = most == -INFINITY ? 0.0F : most;  // nothing visible yet: weights are 0
      float sum = 0;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, cut.tile_keys),
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

  KOKKOS_FUNCTION void mix(const Team& team, const Tile& t, const float* weights,
                           const float* values, const float* shrink, float* mixed) const {
    const std::int64_t groups = width / lanes;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * groups), [&](std::int64_t i) {
      const std::int64_t r = i / groups, x = i % groups * lanes;
      float* target = mixed + r * width + x;
      float sum[lanes] = {};
      for (std::int64_t s = 0; s < cut.tile_keys; ++s) {
        const float a = weights[r * cut.tile_keys + s];
        const float* b = values + s * width + x;
        for (std::int64_t l = 0; l < lanes; ++l) sum[l] += a * b[l];
      }
      for (std::int64_t l = 0; l < lanes; ++l) target[l] = target[l] * shrink[r] + sum[l];
    });
  }

  KOKKOS_FUNCTION void store(const Team& team, const Tile& t, const float* largest,
                             const float* total, const float* mixed) const {
    const std::int64_t d = size.head_dim;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * d), [&](std::int64_t i) {
      const std::int64_t r = i / d, x = i % d;
      const std::int64_t token = (t.row + r) / size.group;
      const std::int64_t head = t.j * size.group + (t.row + r) % size.group;
      const std::int64_t at = size.query_at(t.b, token, head);
      const float sum = mixed[r * width + x];
      if (splits == 1) {
        out(at + x) = from_float<T>(total[r] > 0 || total[r] != total[r] ? sum / total[r] : 0.0F);
        return;
      }
      const std::int64_t row = at / d * splits + t.split;
      partial.mixed(row * d + x) = sum;
      if (x == 0) {
        partial.largest(row) = largest[r];
        partial.total(row) = total[r];
      }
    });
  }

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const Tile t = tile_of(team.league_rank());
    const Scratch memory(team.team_scratch(0),
                         static_cast<std::size_t>(scratch_floats(cut, width)));
    float* queries = memory.data();
    float* mixed = queries + cut.tile_rows * width;
    float* keys = mixed + cut.tile_rows * width;
    float* values = keys + cut.tile_keys * width;
    float* weights = values + cut.tile_keys * width;
    float* largest = weights + cut.tile_rows * cut.tile_keys;
    float* total = largest + cut.tile_rows;
    float* shrink = total + cut.tile_rows;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, t.count * width), [&](std::int64_t i) {
      const std::int64_t r = i / width, x = i % width;
      const std::int64_t head = t.j * size.group + (t.row + r) % size.group;
      const std::int64_t at = size.query_at(t.b, (t.row + r) / size.group, head) + x;
      queries[i] = x < size.head_dim ? to_float(q(at)) * scale : 0.0F;
      mixed[i] = 0;
      if (x == 0) {
        largest[r] = -INFINITY;
        total[r] = 0;
      }
    });
    for (std::int64_t s0 = t.begin; s0 < t.end; s0 += cut.tile_keys) {
      load_keys(team, t, s0, keys, values);
      team.team_barrier();
      scores(team, t, s0, queries, keys, weights);
      team.team_barrier();
      update_rows(team, t, weights, largest, total, shrink);
      team.team_barrier();
      mix(team, t, weights, values, shrink, mixed);
      team.team_barrier();
    }
    team.team_barrier();
    store(team, t, largest, total, mixed);
  }
};

/// out = sum_i e^(m_i - m) mixed_i / sum_i e^(m_i - m) total_i, m = max m_i: right for any splits.
template <class T>
struct MergeSplits {
  AttentionSizes size;
  std::int64_t splits;
  DeviceView<T> out;
  Partial partial;

  KOKKOS_FUNCTION void operator()(std::int64_t i) const {
    const std::int64_t row = i / size.head_dim * splits, x = i % size.head_dim;
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
      mixed += factor * partial.mixed((row + s) * size.head_dim + x);
    }
    out(i) = from_float<T>(total > 0 || total != total ? mixed / total : 0.0F);
  }
};

template <class T>
std::unique_ptr<Launch> launch(const CcaAttentionCase& c, TensorSet& tensors, AttentionCut cut) {
  using Functor = AttendTiles<T>;
  const AttentionSizes size(c);
  const std::int64_t width = (c.head_dim + lanes - 1) / lanes * lanes;
  const std::int64_t most =  // Kokkos' OpenMP gives a team 32 KiB
      std::min<std::int64_t>(scratch_limit, Functor::Policy::scratch_size_max(0));
  while (Functor::scratch_floats(cut, width) * 4 > most) {
    cut.tile_rows /= 2;
    cut.tile_keys /= 2;
  }
  const std::int64_t tiles = (c.tokens * c.group() + cut.tile_rows - 1) / cut.tile_rows;
  std::int64_t longest = 1;
  for (std::int64_t b = 0; b < c.batch; ++b) {
    const VisibleKeys first = c.visible(b, 0), last = c.visible(b, c.tokens - 1);
    longest = std::max(longest, last.end - first.begin);
  }
  const std::int64_t splits = (longest + cut.split_keys - 1) / cut.split_keys;
  const auto queries = static_cast<std::size_t>(c.batch * c.tokens * c.heads);
  const std::size_t kept = splits > 1 ? queries * static_cast<std::size_t>(splits) : 0;
  const Partial partial{DeviceView<float>("largest", kept), DeviceView<float>("total", kept),
                        DeviceView<float>("mixed", kept * static_cast<std::size_t>(c.head_dim))};
  const Staged<T> q(tensors["q"]), k(tensors["k"]), v(tensors["v"]), out(tensors["out"]);
  const Staged<std::int32_t> valid(tensors["valid"]);
  const float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(c.head_dim)));
  const Functor attend{size,     cut,      tiles,    splits,     width,        scale,
                       q.view(), k.view(), v.view(), out.view(), valid.view(), partial};
  const MergeSplits<T> merge{size, splits, out.view(), partial};
  typename Functor::Policy policy(static_cast<int>(c.batch * c.kv_heads * tiles * splits),
                                  Kokkos::AUTO);
  policy.set_scratch_size(
      0, Kokkos::PerTeam(static_cast<int>(4 * Functor::scratch_floats(cut, width))));
  const auto elements = static_cast<std::int64_t>(queries) * c.head_dim;
  return make_launch(
      [=] {
        Kokkos::parallel_for("cca_attention", policy, attend);
        if (splits > 1) {
          Kokkos::parallel_for(
              "cca_attention_merge",
              Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(0, elements), merge);
        }
        Kokkos::fence();
      },
      [=] { out.fetch(); });
}

// Teams that the default cut needs: the league's rank is an int.
std::optional<std::string> refusal(const CcaAttentionCase& c) {
  const std::int64_t tiles = (c.tokens * c.group() + 7) / 8, splits = c.rows() / 512 + 1;
  const std::int64_t teams = c.batch * c.kv_heads * tiles * splits;
  if (teams <= 2147483647) return std::nullopt;
  return "needs up to " + std::to_string(teams) + " teams, a league holds 2147483647";
}

}  // namespace

std::unique_ptr<Launch> prepare_attention(const CcaAttentionCase& c, TensorSet& tensors,
                                          AttentionCut cut) {
  return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors, cut); });
}

void register_cca_attention_kokkos(Registry& registry) {
  registry.add_variant<CcaAttentionCase>(
      {"kokkos", Backend::kokkos, "TeamPolicy, tiles of keys in scratch, decode in splits"},
      [](const CcaAttentionCase& c, TensorSet& tensors) {
        AttentionCut cut;
        if (c.form == AttentionForm::decode) cut.split_keys = 512;
        return prepare_attention(c, tensors, cut);
      },
      refusal);
}

}  // namespace kernelgate
