// conv_mixing, portable: a team takes one head of a tile of rows from projections to Q, K and V.
// Groups of the grouped convolution are heads, so a team needs no other team's results.
#include <Kokkos_Core.hpp>

#include "kernels/conv_mixing/conv_mixing_arguments.hpp"

namespace kernelgate {
namespace {

template <class T>
struct ConvMixingFunctor {
  using Policy = Kokkos::TeamPolicy<Space>;
  using Member = typename Policy::member_type;
  using Scratch =
      Kokkos::View<float*, typename Space::scratch_memory_space, Kokkos::MemoryUnmanaged>;
  static constexpr int tile = 16;  // rows that share one reading of the grouped weights

  ConvMixingShape s;
  ConvMixingMemory<T> memory;
  int level;  // of scratch: 0 where a tile fits there

  std::int64_t tiles() const { return (s.tokens + tile - 1) / tile; }

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const std::int64_t group = team.league_rank() % s.groups();
    const std::int64_t first = team.league_rank() / s.groups() * tile;
    const std::int64_t rows = first + tile <= s.tokens ? tile : s.tokens - first;
    const Scratch before(team.team_scratch(level), tile * s.d);  // D_{t-1} [d,tile]
    const Scratch now(team.team_scratch(level), tile * s.d);     // D_t [d,tile]
    const Scratch head(team.team_scratch(level), tile * s.d);    // y + means [tile,d]
    depthwise(team, group, first, rows, before, now);
    if (group >= s.heads) write_values(team, group, first, rows);
    team.team_barrier();  // every read of the old state is done: only now may it change
    write_state(team, group, first, rows);
    grouped(team, group, first, rows, before, now, head);
    team.team_barrier();
    finish(team, group, first, rows, head);
  }

  KOKKOS_FUNCTION bool live(std::int64_t row) const { return memory.slot_of(s, row) >= 0; }

  KOKKOS_FUNCTION void depthwise(const Member& team, std::int64_t group, std::int64_t first,
                                 std::int64_t rows, const Scratch& before,
                                 const Scratch& now) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, tile * s.d), [&](std::int64_t at) {
      const std::int64_t i = at / s.d;
      const std::int64_t j = at % s.d;
      const std::int64_t c = group * s.d + j;
      const std::int64_t row = first + i;
      float d0 = 0;
      float d1 = 0;
      if (i < rows && live(row)) {
        const float w0 = to_float(memory.depthwise[2 * c]);
        const float w1 = to_float(memory.depthwise[2 * c + 1]);
        const float b = to_float(memory.depthwise_bias[c]);
        const float u0 = memory.earlier(s, row, 2, c);
        const float u1 = memory.earlier(s, row, 1, c);
        const float u2 = to_float(memory.qkv[row * s.width + c]);
        d0 = w0 * u0 + (w1 * u1 + b);
        d1 = w0 * u1 + (w1 * u2 + b);
      }
      before[j * tile + i] = d0;
      now[j * tile + i] = d1;
    });
  }

  KOKKOS_FUNCTION void write_values(const Member& team, std::int64_t group, std::int64_t first,
                                    std::int64_t rows) const {
    const std::int64_t head = group - s.heads;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, rows * s.d), [&](std::int64_t at) {
      const std::int64_t row = first + at / s.d;
      const std::int64_t f = head * s.d + at % s.d;
      memory.v[row * s.kv_heads * s.d + f] = live(row) ? memory.value(s, row, f) : from_float<T>(0);
    });
  }

  // The team that read a slot's channels also writes them. In a sequence only the first tile reads
  // the state, so it also writes what the last rows leave behind.
  KOKKOS_FUNCTION void write_state(const Member& team, std::int64_t group, std::int64_t first,
                                   std::int64_t rows) const {
    const bool decode = s.form == ConvForm::decode;
    if (!decode && first > 0) return;
    const std::int64_t sequences = decode ? rows : 1;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, sequences * s.d), [&](std::int64_t at) {
      const std::int64_t row = decode ? first + at / s.d : s.tokens - 1;
      if (!live(row)) return;
      const std::int64_t slot = memory.slot_of(s, row);
      const std::int64_t c = group * s.d + at % s.d;
      const float older = memory.earlier(s, row, 1, c);
      memory.conv_state[(slot * s.channels + c) * 2] = older;
      memory.conv_state[(slot * s.channels + c) * 2 + 1] = to_float(memory.qkv[row * s.width + c]);
      const std::int64_t f = c - s.heads * s.d;  // the value elements that belong to this team
      if (f >= s.lag) {
        memory.lag_state[slot * s.lag + f - s.lag] =
            to_float(memory.qkv[row * s.width + s.channels + f]);
      }
    });
  }

  KOKKOS_FUNCTION void grouped(const Member& team, std::int64_t group, std::int64_t first,
                               std::int64_t rows, const Scratch& before, const Scratch& now,
                               const Scratch& head) const {
    const float* d0 = before.data();
    const float* d1 = now.data();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, s.d), [&](std::int64_t o) {
      const std::int64_t c = group * s.d + o;
      const T* weight = memory.grouped.data() + c * s.d * 2;
      float sum[tile];
      for (int i = 0; i < tile; ++i) sum[i] = 0;
      for (std::int64_t j = 0; j < s.d; ++j) {
        const float older = to_float(weight[2 * j]);
        const float newer = to_float(weight[2 * j + 1]);
        for (int i = 0; i < tile; ++i) {
          sum[i] += older * d0[j * tile + i];
          sum[i] += newer * d1[j * tile + i];
        }
      }
      const float bias = to_float(memory.grouped_bias[c]);
      for (int i = 0; i < rows; ++i) {
        head[i * s.d + o] = sum[i] + bias + memory.mean(s, first + i, c);
      }
    });
  }

  KOKKOS_FUNCTION void finish(const Member& team, std::int64_t group, std::int64_t first,
                              std::int64_t rows, const Scratch& head) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rows), [&](std::int64_t i) {
      const std::int64_t row = first + i;
      const float* x = head.data() + i * s.d;
      T* out = memory.head(s, row, group);
      if (s.stage == ConvStage::conv || !live(row)) {
        const float keep = live(row) ? 1.0F : 0.0F;
        Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, s.d),
                             [&](std::int64_t o) { out[o] = from_float<T>(x[o] * keep); });
        return;
      }
      float square = 0;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, s.d),
          [&](std::int64_t o, float& partial) { partial += x[o] * x[o]; }, square);
      float scale = Kokkos::sqrt(static_cast<float>(s.d)) / Kokkos::sqrt(square + 1e-12F);
      if (group >= s.heads) scale *= to_float(memory.temperature[group - s.heads]);
      const float position = static_cast<float>(memory.position[row]);
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, s.half), [&](std::int64_t o) {
        const float angle = position * memory.frequency[o];
        const float cosine = Kokkos::cos(angle);
        const float sine = Kokkos::sin(angle);
        const float low = x[o] * scale;
        const float high = x[o + s.half] * scale;
        out[o] = from_float<T>(low * cosine - high * sine);
        out[o + s.half] = from_float<T>(high * cosine + low * sine);
      });
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, s.d - 2 * s.half), [&](std::int64_t o) {
        out[2 * s.half + o] = from_float<T>(x[2 * s.half + o] * scale);
      });
    });
  }
};

template <class T>
std::unique_ptr<Launch> launch(const ConvMixingCase& c, TensorSet& tensors) {
  using Functor = ConvMixingFunctor<T>;
  const ConvMixingStaged<T> staged(c, tensors);
  const auto tile_size = static_cast<std::size_t>(Functor::tile * c.head_dim);
  const std::size_t bytes = 3 * Functor::Scratch::shmem_size(tile_size);
  const int level = bytes <= static_cast<std::size_t>(Functor::Policy::scratch_size_max(0)) ? 0 : 1;
  const Functor functor{ConvMixingShape(c), staged.memory(), level};
  typename Functor::Policy policy(static_cast<int>(functor.tiles() * c.groups()), Kokkos::AUTO);
  policy.set_scratch_size(level, Kokkos::PerTeam(bytes));
  return make_launch(
      [=] {
        Kokkos::parallel_for("conv_mixing", policy, functor);
        Kokkos::fence();
      },
      [=] { staged.fetch(); });
}

}  // namespace

void register_conv_mixing_kokkos(Registry& registry) {
  registry.add_variant<ConvMixingCase>(
      {"kokkos", Backend::kokkos, "a team a head of 16 rows, everything between in scratch"},
      [](const ConvMixingCase& c, TensorSet& tensors) {
        return with_storage(c.type, [&]<class T>(T) { return launch<T>(c, tensors); });
      });
}

}  // namespace kernelgate
