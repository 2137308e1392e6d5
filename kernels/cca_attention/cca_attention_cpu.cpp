// cca_attention, tuned for a CPU: query rows along the lanes where there are many, components along
// the lanes and the cache in splits where there are few.
#include <Kokkos_Core.hpp>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/cca_attention/attention_decode_cpu.hpp"
#include "kernels/cca_attention/attention_prefill_cpu.hpp"

namespace kernelgate {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;
using Tasks =
    Kokkos::RangePolicy<Host, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<std::int64_t>>;
constexpr int one_task = 1;  // a thread takes tasks singly: they are long and uneven

template <class T>
struct Arguments {
  const T* q;
  const T* k;
  const T* v;
  const std::int32_t* valid;
  T* out;

  explicit Arguments(TensorSet& set)
      : q(set["q"].as<T>().data()),
        k(set["k"].as<T>().data()),
        v(set["v"].as<T>().data()),
        valid(set["valid"].as<std::int32_t>().data()),
        out(set["out"].as<T>().data()) {}
};

// A task's rows and keys do not depend on who runs it, so neither do the bits of its result.
template <class T>
std::unique_ptr<Launch> launch_prefill(const CcaAttentionCase& c, TensorSet& set) {
  using Tile = PrefillTile<T>;
  const AttentionSizes size(c);
  const Arguments<T> a(set);
  const std::int64_t tiles = (c.tokens * c.group() + Tile::tile_rows - 1) / Tile::tile_rows;
  const std::int64_t heads = c.batch * c.kv_heads;
  const auto workers = std::make_shared<std::vector<Tile>>(
      static_cast<std::size_t>(Host().concurrency()), Tile(size));
  return make_launch([=] {
    Kokkos::parallel_for("cca_attention_cpu", Tasks(0, tiles * heads, Kokkos::ChunkSize(one_task)),
                         [&](std::int64_t task) {
                           const std::int64_t tile = tiles - 1 - task / heads;  // longest first
                           const std::int64_t b = task % heads / c.kv_heads, j = task % c.kv_heads;
                           Kokkos::Experimental::UniqueToken<Host> token;
                           const int id = token.acquire();
                           (*workers)[static_cast<std::size_t>(id)].run(
                               a.q, a.k, a.v, a.out, b, j, tile * Tile::tile_rows, a.valid[2 * b],
                               a.valid[2 * b + 1]);
                           token.release(id);
                         });
    Kokkos::fence();
  });
}

/// Results of all splits of all rows: [sequence][split][kv head][row].
struct SplitResults {
  std::vector<float> largest, total, mixed;
  SplitResults(std::int64_t rows, std::int64_t splits, std::int64_t d)
      : largest(static_cast<std::size_t>(rows * splits)),
        total(largest.size()),
        mixed(largest.size() * static_cast<std::size_t>(d)) {}
};

// Splits of one length for every case of the same cache, long enough to be read as a stream.
std::int64_t split_length(std::int64_t keys, std::int64_t batch) {
  constexpr std::int64_t tasks = 16, least = 256;
  const std::int64_t splits = std::max<std::int64_t>(1, tasks / batch);
  return std::max(least, ((keys + splits - 1) / splits + 63) / 64 * 64);
}

template <class T>
void merge_row(const SplitResults& part, std::int64_t row, std::int64_t rows, std::int64_t splits,
               std::int64_t b, std::int64_t d, T* out) {
  float most = -INFINITY, total = 0;
  const auto at = [&](std::int64_t s) {
    return static_cast<std::size_t>((b * splits + s) * rows + row);
  };
  for (std::int64_t s = 0; s < splits; ++s) most = std::max(most, part.largest[at(s)]);
  const float base = most == -INFINITY ? 0.0F : most;
  float mixed[256] = {};
  for (std::int64_t s = 0; s < splits; ++s) {
    const float factor = std::exp2(part.largest[at(s)] - base);
    total += factor * part.total[at(s)];
    const float* from = &part.mixed[at(s) * static_cast<std::size_t>(d)];
    for (std::int64_t x = 0; x < d; ++x) mixed[x] += factor * from[x];
  }
  const float inverse = total == 0 ? 0.0F : 1 / total;
  for (std::int64_t x = 0; x < d; ++x) out[x] = from_float<T>(mixed[x] * inverse);
}

template <class T, FetchTo To>
std::unique_ptr<Launch> launch_decode(const CcaAttentionCase& c, TensorSet& set) {
  using Split = DecodeSplit<T, To>;
  const AttentionSizes size(c);
  const Arguments<T> a(set);
  const std::int64_t rows = c.kv_heads * c.tokens * c.group();  // of a sequence
  std::int64_t longest = 1;
  for (std::int64_t b = 0; b < c.batch; ++b) {
    longest = std::max(longest, c.visible(b, c.tokens - 1).end - c.visible(b, 0).begin);
  }
  const std::int64_t length = split_length(longest, c.batch);
  const std::int64_t splits = (longest + length - 1) / length;
  const auto part = std::make_shared<SplitResults>(c.batch * rows, splits, c.head_dim);
  const auto workers = std::make_shared<std::vector<Split>>(
      static_cast<std::size_t>(Host().concurrency()), Split(size));
  return make_launch([=] {
    Kokkos::parallel_for(
        "cca_attention_cpu", Tasks(0, c.batch * splits, Kokkos::ChunkSize(one_task)),
        [&](std::int64_t task) {
          const std::int64_t split = task % splits, b = task / splits;
          const std::int64_t first = a.valid[2 * b], end = a.valid[2 * b + 1];
          const std::int64_t begin_key = size.begin_of(0, first, end) + split * length;
          const std::int64_t end_key = std::min(begin_key + length, size.end_of(c.tokens - 1, end));
          const auto at = static_cast<std::size_t>(task * rows);
          Kokkos::Experimental::UniqueToken<Host> token;
          const int id = token.acquire();
          (*workers)[static_cast<std::size_t>(id)].run(
              a.q, a.k, a.v, b, first, end, begin_key, end_key,
              {&part->largest[at], &part->total[at],
               &part->mixed[at * static_cast<std::size_t>(c.head_dim)]});
          token.release(id);
        });
    Kokkos::parallel_for("cca_attention_cpu_merge", Tasks(0, c.batch * rows), [&](std::int64_t i) {
      const std::int64_t b = i / rows, row = i % rows;
      const std::int64_t j = row / (c.tokens * c.group()), of_head = row % (c.tokens * c.group());
      merge_row(*part, row, rows, splits, b, c.head_dim,
                a.out + size.query_at(b, of_head / c.group(), j * c.group() + of_head % c.group()));
    });
    Kokkos::fence();
  });
}

}  // namespace

void register_cca_attention_cpu(Registry& registry) {
  registry.add_variant<CcaAttentionCase>(
      {"kokkos/cpu", Backend::kokkos, "rows along lanes; few rows: components, cache in splits"},
      [](const CcaAttentionCase& c, TensorSet& set) {
        return with_storage(c.type, [&](auto type) {
          using T = decltype(type);
          if (c.tokens * c.group() > 8) return launch_prefill<T>(c, set);
          return fetch_level() == FetchTo::l1 ? launch_decode<T, FetchTo::l1>(c, set)
                                              : launch_decode<T, FetchTo::l2>(c, set);
        });
      });
}

}  // namespace kernelgate
