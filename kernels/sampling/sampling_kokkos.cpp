// sampling, portable: one team a row goes through the whole chain.
#include "harness/executors/kokkos/staging.hpp"
#include "kernels/sampling/sampling_team.hpp"

namespace kernelgate {
namespace {

template <class T>
struct SamplingFunctor {
  using Policy = Kokkos::TeamPolicy<Space>;

  DeviceView<T> logits;
  DeviceView<std::int32_t> allowed, stop, bias_token, prompt, output, integers;
  DeviceView<float> bias_add, numbers;
  DeviceView<std::int64_t> seed;
  DeviceView<std::int32_t> token, kept;
  DeviceView<float> probability;
  DeviceView<float> work;              // [rows, vocabulary]
  DeviceView<std::uint32_t> mentions;  // [rows, vocabulary] of zeros, empty without a history
  std::int64_t vocabulary, real_ids, mask_words, biases, prompts, outputs;
  FixedPoint fixed;

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

  KOKKOS_FUNCTION void operator()(const Policy::member_type& team) const {
    const std::int64_t r = team.league_rank();
    const SamplingRow<T> row = row_of(r);
    using Chain = SamplingTeam<Policy::member_type, T>;
    const Chain chain{
        team,
        row,
        work.data() + r * vocabulary,
        mentions.size() == 0 ? nullptr : mentions.data() + r * vocabulary,
        static_cast<SamplingScratch*>(team.team_shmem().get_shmem(sizeof(SamplingScratch))),
        fixed};
    typename Chain::Best best = chain.adjust();
    std::int64_t left = 1;
    if (!(best.val > -__builtin_inff())) {
      best = {0, -1};
      left = 0;
    } else if (row.greedy()) {
      best.val = 1;
    } else {
      const float largest = best.val;
      if (row.numbers[min_p] > 0) chain.keep_min_p(largest);
      if (row.integers[top_k] > 0) chain.keep_top_k();
      if (row.numbers[top_p] < 1) chain.keep_top_p(largest);
      left = chain.kept();
      best = chain.draw(largest);
    }
    Kokkos::single(Kokkos::PerTeam(team), [&] {
      token[r] = static_cast<std::int32_t>(best.loc);
      kept[r] = static_cast<std::int32_t>(left);
      probability[r] = best.val;
    });
  }
};

template <class T>
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
  const auto all = static_cast<std::size_t>(c.rows * c.vocabulary);
  const SamplingFunctor<T> functor{
      logits.view(),
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
      c.vocabulary,
      c.real_ids(),
      c.mask_words(),
      c.biases,
      c.history / 2,
      c.history - c.history / 2,
      FixedPoint::for_terms(c.vocabulary)};
  const auto policy = typename SamplingFunctor<T>::Policy(static_cast<int>(c.rows), Kokkos::AUTO)
                          .set_scratch_size(0, Kokkos::PerTeam(sizeof(SamplingScratch)));
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

std::unique_ptr<Launch> prepare(const SamplingCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) { return launch<decltype(type)>(c, tensors); });
}

}  // namespace

void register_sampling_kokkos(Registry& registry) {
  registry.add_variant<SamplingCase>(
      {"kokkos", Backend::kokkos, "a team a row; thresholds by histograms, sums in fixed point"},
      prepare);
}

}  // namespace kernelgate
