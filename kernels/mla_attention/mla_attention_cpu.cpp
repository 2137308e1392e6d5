// mla_attention, tuned for a CPU: tiles of query rows along the lanes; where there are few, the
// cache is cut into splits, so that every thread has work.
#include <Kokkos_Core.hpp>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/mla_attention/mla_tile_cpu.hpp"

namespace kernelgate {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;
using Tasks =
    Kokkos::RangePolicy<Host, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<std::int64_t>>;
constexpr int one_task = 1;  // a thread takes tasks singly: they are long and uneven

/// Tiles of rows and splits of keys, from the case alone: who runs a task changes no bit.
struct Cut {
  std::int64_t tiles, heads, splits, length;
};
Cut cut_of(const MlaAttentionCase& c, std::int64_t tile_rows) {
  constexpr std::int64_t enough = 32, least = 256;
  Cut cut{};
  cut.tiles = (c.tokens * c.group() + tile_rows - 1) / tile_rows;
  cut.heads = c.batch * c.key_heads();
  const std::int64_t wanted = std::max<std::int64_t>(1, enough / (cut.tiles * cut.heads));
  cut.length = std::max(least, ((c.rows() + wanted - 1) / wanted + 63) / 64 * 64);
  cut.splits = wanted == 1 ? 1 : (c.rows() + cut.length - 1) / cut.length;
  if (cut.splits == 1) cut.length = c.rows();
  return cut;
}

/// Results of all splits: [split][query row of the output].
struct Splits {
  std::vector<float> largest, total, mixed;
  std::int64_t queries, values;
  Splits(std::int64_t splits, std::int64_t rows, std::int64_t width)
      : largest(static_cast<std::size_t>(splits * rows), -INFINITY),
        total(largest.size()),
        mixed(largest.size() * static_cast<std::size_t>(width)),
        queries(rows),
        values(width) {}

  std::size_t at(std::int64_t split, std::int64_t query) const {
    return static_cast<std::size_t>(split * queries + query);
  }
};

template <class T>
void merge(const Splits& part, std::int64_t splits, std::int64_t query, T* out) {
  float most = -INFINITY, total = 0;
  for (std::int64_t s = 0; s < splits; ++s) most = std::max(most, part.largest[part.at(s, query)]);
  const float base = most == -INFINITY ? 0.0F : most;
  std::vector<float> mixed(static_cast<std::size_t>(part.values));
  for (std::int64_t s = 0; s < splits; ++s) {
    const float factor = std::exp2(part.largest[part.at(s, query)] - base);
    total += factor * part.total[part.at(s, query)];
    const float* from = &part.mixed[part.at(s, query) * mixed.size()];
    for (std::size_t x = 0; x < mixed.size(); ++x) mixed[x] += factor * from[x];
  }
  const float inverse = total == 0 ? 0.0F : 1 / total;  // no visible row: zeros
  for (std::size_t x = 0; x < mixed.size(); ++x) out[x] = from_float<T>(mixed[x] * inverse);
}

template <class T, bool Wide>
std::unique_ptr<Launch> launch(const MlaAttentionCase& c, TensorSet& set) {
  using Tile = MlaTile<T, Wide>;
  const MlaLayout at(c);
  const typename Tile::Source from{set["q"].as<T>().data(), set["cache"].as<T>().data(),
                                   set[c.latent() ? "cache" : "expanded"].as<T>().data()};
  const std::int32_t* valid = set["valid"].as<std::int32_t>().data();
  T* out = set["out"].as<T>().data();
  const Cut cut = cut_of(c, Tile::tile_rows);
  const std::int64_t queries = c.batch * c.tokens * c.heads;
  const auto workers = std::make_shared<std::vector<Tile>>(
      static_cast<std::size_t>(Host().concurrency()), Tile(at, c.nope + c.rope));
  const auto part = std::make_shared<Splits>(cut.splits > 1 ? cut.splits : 0, queries, c.values());
  const auto run = [=](std::int64_t task) {
    typename Tile::Task t{};
    const std::int64_t split = task % cut.splits, head = task / cut.splits % cut.heads;
    const std::int64_t tile = cut.tiles - 1 - task / cut.splits / cut.heads;  // longest first
    t.b = head / at.key_heads;
    t.j = head % at.key_heads;
    t.row = tile * Tile::tile_rows;
    t.count = std::min(Tile::tile_rows, at.tokens * at.group - t.row);
    t.valid_end = valid[2 * t.b + 1];
    t.begin = valid[2 * t.b] + split * cut.length;
    t.end =
        std::min(t.begin + cut.length, at.end_of((t.row + t.count - 1) / at.group, t.valid_end));
    Kokkos::Experimental::UniqueToken<Host> token;
    const int id = token.acquire();
    Tile& worker = (*workers)[static_cast<std::size_t>(id)];
    worker.run(from, t);
    for (std::int64_t r = 0; r < t.count; ++r) {
      const std::int64_t query =
          at.query(t.b, (t.row + r) / at.group, t.j * at.group + (t.row + r) % at.group);
      if (cut.splits > 1) {
        part->largest[part->at(split, query)] = worker.largest(r);
        part->total[part->at(split, query)] = worker.total(r);
        float* to = &part->mixed[part->at(split, query) * static_cast<std::size_t>(at.values)];
        for (std::int64_t x = 0; x < at.values; ++x) to[x] = worker.mixed(r, x);
        continue;
      }
      const float inverse = worker.total(r) == 0 ? 0.0F : 1 / worker.total(r);
      T* to = out + query * at.values;
      for (std::int64_t x = 0; x < at.values; ++x) {
        to[x] = from_float<T>(worker.mixed(r, x) * inverse);
      }
    }
    token.release(id);
  };
  const Tasks tasks(0, cut.tiles * cut.heads * cut.splits, Kokkos::ChunkSize(one_task));
  return make_launch([=] {
    Kokkos::parallel_for("mla_attention_cpu", tasks, run);
    if (cut.splits > 1) {
      Kokkos::parallel_for("mla_attention_cpu_merge", Tasks(0, queries), [=](std::int64_t i) {
        merge(*part, cut.splits, i, out + i * at.values);
      });
    }
    Kokkos::fence();
  });
}

}  // namespace

void register_mla_attention_cpu(Registry& registry) {
  registry.add_variant<MlaAttentionCase>(
      {"kokkos/cpu", Backend::kokkos, "query rows along lanes; few rows: cache in splits"},
      [](const MlaAttentionCase& c, TensorSet& set) {
        return with_storage(c.type, [&](auto type) {
          using T = decltype(type);
          if (c.tokens * c.group() <= lane_count) return launch<T, false>(c, set);
          return launch<T, true>(c, set);
        });
      });
}

}  // namespace kernelgate
