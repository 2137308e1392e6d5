// sampling, portable: one team per row goes through the whole chain.
#include "kernels/common/kokkos/portable_variants.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/sampling/sampling_team.hpp"

namespace kernelgate {
namespace {

template <class Shape>
struct SamplingShape : ScanShape<Shape> {
  // The minimum without a spill.
  static constexpr bool few = nvidia_arch == 86 || nvidia_arch == 89;
  static constexpr int max_registers = Shape::is_host ? 0 : few ? 64 : 72;
};

template <class S, class T>
struct SamplingFunctor {
  // A host that checks a device's shape gets short lists, so that tests see full ones too.
  static constexpr int list_capacity = space_is_host && !S::is_host ? 512 : 8192;
  static constexpr std::int64_t list_stride = list_capacity + S::lanes;

  DeviceView<T> logits;
  DeviceView<std::int32_t> allowed, stop, bias_token, prompt, output, integers;
  DeviceView<float> bias_add, numbers;
  DeviceView<std::int64_t> seed;
  DeviceView<std::int32_t> token, kept;
  DeviceView<float> probability;
  DeviceView<float> work;                  // [rows, vocabulary]
  DeviceView<std::uint32_t> mentions;      // [rows, vocabulary] of zeros, empty without a history
  DeviceView<std::int32_t> ranks, places;  // [rows, 2, list_stride]
  std::int64_t vocabulary, real_ids, mask_words, biases, prompts, outputs;
  PackedMass packed;

  KOKKOS_FUNCTION SamplingRow<T> row_of(std::int64_t r) const {
    return {logits.data() + r * vocabulary,
            mask_words == 0
                ? nullptr
                : reinterpret_cast<const std::uint32_t*>(allowed.data()) + r * mask_words,
            stop.data() + r * SamplingCase::stops,
            bias_token.data() + r * biases,
            prompt.data() + r * prompts,
            output.data() + r * outputs,
            bias_add.data() + r * biases,
            numbers.data() + r * sampling_numbers,
            integers.data() + r * sampling_integers,
            static_cast<std::uint64_t>(seed[r]),
            vocabulary,
            real_ids,
            SamplingCase::stops,
            biases,
            prompts,
            outputs};
  }

  static constexpr std::size_t scratch_bytes() { return sizeof(SamplingScratch<S, T>) + 64; }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const std::int64_t r = team.league_rank();
    auto* scratch = static_cast<SamplingScratch<S, T>*>(
        team.team_scratch(int{S::scratch_level})
            .get_shmem_aligned(sizeof(SamplingScratch<S, T>), 64));
    const auto list = [&](std::int64_t which) {
      const std::int64_t at = (2 * r + which) * list_stride;
      return KeptNumbers{ranks.data() + at, places.data() + at, &scratch->count,
                         int{list_capacity}};
    };
    Kokkos::single(Kokkos::PerTeam(team), [&] {
      scratch->row = row_of(r);
      scratch->kept = list(0);
      scratch->chosen = list(1);
    });
    team.team_barrier();
    const SamplingRow<T>& row = scratch->row;
    const SamplingTeam<S, T> chain{
        team,
        row,
        work.data() + r * vocabulary,
        prompts + outputs == 0 ? nullptr : mentions.data() + r * vocabulary,
        scratch->kept,
        scratch->chosen,
        scratch,
        packed};
    const float largest = chain.adjust();
    typename SamplingTeam<S, T>::Best best;
    int left = 1;
    if (!(largest > -__builtin_inff())) {
      best = {0, -1};
      left = 0;
    } else if (row.greedy()) {
      best = {1, chain.first_of(largest)};
    } else {
      best = chain.finish(largest, left);
    }
    Kokkos::single(Kokkos::PerTeam(team), [&] {
      token[r] = static_cast<std::int32_t>(best.loc);
      kept[r] = left;
      probability[r] = best.val;
    });
  }
};

template <class Shape, class T>
std::unique_ptr<Launch> launch(const SamplingCase& c, TensorSet& tensors) {
  using Ids = Staged<std::int32_t>;
  const Staged<T> logits(tensors["logits"]);
  const Staged<float> numbers(tensors["numbers"]), bias_add(tensors["bias_add"]),
      probability(tensors["probability"]);
  const Ids stop(tensors["stop"]), bias_token(tensors["bias_token"]), prompt(tensors["prompt"]),
      output(tensors["output"]), integers(tensors["integers"]), token(tensors["token"]),
      kept(tensors["kept"]);
  const Staged<std::int64_t> seed(tensors["seed"]);
  DeviceView<std::int32_t> allowed;
  if (c.mask == SamplingMask::on) allowed = Ids(tensors["allowed"]).view();
  using S = SamplingShape<Shape>;
  using Functor = SamplingFunctor<S, T>;
  const auto all = static_cast<std::size_t>(c.rows * c.vocabulary);
  const auto listed = static_cast<std::size_t>(c.rows * Functor::list_stride);
  const Functor functor{logits.view(),
                        allowed,
                        stop.view(),
                        bias_token.view(),
                        prompt.view(),
                        output.view(),
                        integers.view(),
                        bias_add.view(),
                        numbers.view(),
                        seed.view(),
                        token.view(),
                        kept.view(),
                        probability.view(),
                        DeviceView<float>("sampling work", all),
                        DeviceView<std::uint32_t>("sampling mentions", c.history > 0 ? all : 0),
                        DeviceView<std::int32_t>("sampling ranks", 2 * listed),
                        DeviceView<std::int32_t>("sampling places", 2 * listed),
                        c.vocabulary,
                        c.real_ids(),
                        c.mask_words(),
                        c.biases,
                        c.history / 2,
                        c.history - c.history / 2,
                        PackedMass::for_terms(c.vocabulary)};
  const auto policy = teams_of<S>(c.rows, Functor::scratch_bytes());
  return make_launch(
      [=] {
        Kokkos::parallel_for("sampling", policy, functor);
        Kokkos::fence();
      },
      [=] {
        token.fetch();
        kept.fetch();
        probability.fetch();
      });
}

}  // namespace

void register_sampling_kokkos(Registry& registry) {
  add_portable_variants<SamplingCase>(
      registry, "a team per row; filters leave a list, sums in fixed point",
      [](auto shape, const SamplingCase& c, TensorSet& tensors) {
        using Shape = decltype(shape);
        return with_storage(c.type,
                            [&](auto type) { return launch<Shape, decltype(type)>(c, tensors); });
      });
}

}  // namespace kernelgate
