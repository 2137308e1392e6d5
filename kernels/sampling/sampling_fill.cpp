// Inputs of sampling. Exact mode builds rows whose result no rounding can change: a few winners,
// all other entries at least 110 below in score (their softmax weight is 0 in f32), and one decoy
// for each step of the chain that would win if the step were left out.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "harness/core/random.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {
namespace {

constexpr double winner_score = 256;
// 6 below the winners: e^-6 is above the exact min-p of 2^-10, e^-12 (at temperature 0.5) is below
// it.
constexpr double warm_score = 250;
enum Decoy { masked, stopped, biased, in_prompt, in_output, warm, decoys };

bool is_warm(const SamplingCase& c, std::int64_t row) {
  return c.chain_of(row) == SamplingChain::full || c.chain_of(row) == SamplingChain::min_p;
}
// Exact rows have one kind of penalty each, so that none masks another.
enum class Penalty { repetition, frequency, presence };
Penalty penalty_of(std::int64_t row) { return static_cast<Penalty>(row / 2 % 3); }

// The j-th id of a seeded walk that visits every real id once.
std::int64_t walk(const SamplingCase& c, std::uint64_t key, std::int64_t j) {
  const std::int64_t ids = c.real_ids();
  const std::int64_t step = std::gcd<std::int64_t>(7919, ids) == 1 ? 7919 : 1;
  const auto start = static_cast<std::int64_t>(mix64(key) % static_cast<std::uint64_t>(ids));
  return (start + (j % ids) * step) % ids;
}

struct ExactRow {
  std::int64_t winners = 1;
  std::array<std::int64_t, decoys> decoy{-1, -1, -1, -1, -1, -1};
  std::int64_t first_free = 0;  // walk position of ids without a role

  ExactRow(const SamplingCase& c, std::int64_t row, std::uint64_t key) {
    const std::int64_t ids = c.real_ids();
    winners = ids >= 64 ? 4 : ids >= 8 ? 2 : 1;
    first_free = winners;
    const std::array<bool, decoys> possible{c.mask == SamplingMask::on,
                                            true,
                                            c.biases > 0,
                                            c.history > 1 && penalty_of(row) == Penalty::repetition,
                                            c.history > 0,
                                            is_warm(c, row)};
    for (std::size_t d = 0; d < decoys; ++d) {
      if (possible[d] && first_free < ids) decoy[d] = walk(c, key, first_free++);
    }
  }
};

void fill_logits(const SamplingCase& c, TensorSet& tensors, std::int64_t row, DataMode mode,
                 std::uint64_t key) {
  Tensor& logits = tensors["logits"];
  const std::int64_t begin = row * c.vocabulary;
  const std::uint64_t rare =
      static_cast<std::uint64_t>(std::max<std::int64_t>(2, c.vocabulary / 64));
  for (std::int64_t i = 0; i < c.vocabulary; ++i) {
    if (i >= c.real_ids()) {  // padding that would win (K11)
      logits.set(begin + i, 1000);
    } else if (mode == DataMode::exact) {
      logits.set(begin + i, -612 + static_cast<double>(signed_integer(key, begin + i, 500)));
    } else {  // odd rows: some 64 likely ids have most of the mass, as in trained models
      const bool likely =
          row % 2 == 1 && word_at(key + 1, static_cast<std::uint64_t>(begin + i)) % rare == 0;
      logits.set(begin + i, 2 * bell(key, begin + i) + (likely ? 12 : 0));
    }
  }
  if (mode == DataMode::real) return;
  const ExactRow exact(c, row, key + static_cast<std::uint64_t>(row));
  for (std::int64_t j = 0; j < exact.first_free; ++j) {
    const std::int64_t id = walk(c, key + static_cast<std::uint64_t>(row), j);
    logits.set(begin + id, id == exact.decoy[warm] ? warm_score : winner_score);
  }
}

void fill_mask(const SamplingCase& c, TensorSet& tensors, std::int64_t row, DataMode mode,
               std::uint64_t key) {
  Tensor& allowed = tensors["allowed"];
  const ExactRow exact(c, row, key + static_cast<std::uint64_t>(row));
  for (std::int64_t word = 0; word < c.mask_words(); ++word) {
    const std::int64_t at = row * c.mask_words() + word;
    auto bits = static_cast<std::uint32_t>(word_at(key + 2, static_cast<std::uint64_t>(at)));
    if (mode == DataMode::exact) {
      for (std::int64_t j = 0; j < exact.first_free; ++j) {
        const std::int64_t id = walk(c, key + static_cast<std::uint64_t>(row), j);
        if (id >> 5 != word) continue;
        const std::uint32_t bit = 1U << (id & 31);
        bits = id == exact.decoy[masked] ? bits & ~bit : bits | bit;
      }
    }
    allowed.as<std::int32_t>()[static_cast<std::size_t>(at)] = static_cast<std::int32_t>(bits);
  }
}

// In exact mode lists contain ids without a role, and the decoy that the step removes.
void fill_lists(const SamplingCase& c, TensorSet& tensors, std::int64_t row, DataMode mode,
                std::uint64_t key) {
  const std::uint64_t row_key = key + static_cast<std::uint64_t>(row);
  const ExactRow exact(c, row, row_key);
  const std::int64_t nobodies = c.real_ids() - exact.first_free;
  const auto some_id = [&](std::int64_t j) -> std::int64_t {
    if (mode == DataMode::real) return walk(c, row_key, j);
    return nobodies > 0 ? walk(c, row_key, exact.first_free + j % nobodies) : -1;
  };
  const auto fill_ids = [&](const char* name, std::int64_t count, std::int64_t first, Decoy decoy) {
    for (std::int64_t j = 0; j < count; ++j) {
      // Ids repeat, as words in a text do; some entries are -1.
      const std::int64_t id =
          j % 7 == 5 ? -1 : some_id(first + j % std::max<std::int64_t>(1, 2 * count / 3));
      const bool takes_decoy = mode == DataMode::exact && j == 0;
      tensors[name].set(row * count + j,
                        static_cast<double>(takes_decoy ? exact.decoy[decoy] : id));
    }
  };
  fill_ids("stop", SamplingCase::stops, 3, stopped);
  fill_ids("prompt", c.history / 2, 5, in_prompt);
  fill_ids("output", c.history - c.history / 2, 9, in_output);
  fill_ids("bias_token", c.biases, 20, biased);
  for (std::int64_t j = 0; j < c.biases; ++j) {
    const std::int64_t at = row * c.biases + j;
    const double exact_add = j == 0 ? -200 : 64;
    tensors["bias_add"].set(at, mode == DataMode::exact
                                    ? exact_add
                                    : 0.5 * static_cast<double>(signed_integer(key + 3, at, 16)));
  }
}

void fill_parameters(const SamplingCase& c, TensorSet& tensors, std::int64_t row, DataMode mode,
                     std::uint64_t seed) {
  const SamplingChain chain = c.chain_of(row);
  const bool full = chain == SamplingChain::full;
  const bool exact = mode == DataMode::exact;
  const auto number = [&](SamplingNumber column, double x) {
    tensors["numbers"].set(row * sampling_numbers + column, x);
  };
  const auto integer = [&](SamplingInteger column, std::int64_t x) {
    tensors["integers"].set(row * sampling_integers + column, static_cast<double>(x));
  };
  const bool filters_min_p = is_warm(c, row);
  number(temperature, chain == SamplingChain::greedy ? 0 : filters_min_p ? (exact ? 0.5 : 0.7) : 1);
  number(min_p, filters_min_p ? (exact ? 0x1p-10 : 1e-3) : 0);
  number(top_p, full || chain == SamplingChain::top_p ? (exact ? 0.5 : 0.95) : 1);
  const bool some = c.history > 0;
  if (exact) {
    number(repetition, some && penalty_of(row) == Penalty::repetition ? 2 : 1);
    number(frequency, some && penalty_of(row) == Penalty::frequency ? 200 : 0);
    number(presence, some && penalty_of(row) == Penalty::presence ? 200 : 0);
  } else {
    number(repetition, some ? 1.2 : 1);
    number(frequency, some ? 0.25 : 0);
    number(presence, some ? 0.5 : 0);
  }
  integer(top_k, full || chain == SamplingChain::top_k ? c.k : 0);
  integer(min_tokens, exact || row % 2 == 0 ? c.history + 1 : 0);
  integer(position, 17 + row);
  integer(rollout, row % 5);
  integer(round_number, 2);
  tensors["seed"].as<std::int64_t>()[static_cast<std::size_t>(row)] =
      static_cast<std::int64_t>(mix64(seed + static_cast<std::uint64_t>(row) / 3));
}

}  // namespace

void SamplingCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const std::uint64_t key = stream_key(id_of(*this), seed, mode, "logits");
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    fill_logits(*this, tensors, row, mode, key);
    if (mask == SamplingMask::on) fill_mask(*this, tensors, row, mode, key);
    fill_lists(*this, tensors, row, mode, key);
    fill_parameters(*this, tensors, row, mode, seed);
  }
}

}  // namespace kernelgate
