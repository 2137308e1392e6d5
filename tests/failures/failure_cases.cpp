#include "tests/failures/failure_cases.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

using Words = std::vector<std::uint32_t>;

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

template <class F>
Words made(std::size_t count, F value) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = value(i);
  return words;
}

std::uint32_t random_word(std::size_t i) { return static_cast<std::uint32_t>(word_at(7, i)); }

// Rows of a top-k: `columns` numbers each, of which the first `valid` count.
struct Rows {
  std::uint32_t columns, valid, k;
  Words x;
};

// The expected positions by a sort on sign and magnitude, independent of the kernel.
Words sorted_positions(const Rows& rows) {
  const auto magnitude = [](std::uint32_t word) {
    const auto size = static_cast<std::int64_t>(word & 0x7FFFFFFFU);
    return (word >> 31) != 0 ? -size - 1 : size;
  };
  Words all;
  for (std::size_t row = 0; row < rows.x.size() / rows.columns; ++row) {
    std::vector<std::uint32_t> order(rows.valid);
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return magnitude(rows.x[row * rows.columns + a]) > magnitude(rows.x[row * rows.columns + b]);
    });
    order.resize(rows.k, ~0U);
    all.insert(all.end(), order.begin(), order.end());
  }
  return all;
}

FailureCase select(const std::string& id, const std::string& fault, const Rows& rows) {
  FailureCase c;
  c.id = id;
  c.name = "top-k, " + fault;
  c.clean = "select_none";
  c.mutant = "select_" + fault;
  c.blocks = static_cast<std::uint32_t>(rows.x.size() / rows.columns);
  c.x = rows.x;
  c.z = {rows.columns, rows.valid, rows.k};
  c.expected = sorted_positions(rows);
  return c;
}

Rows rows_of(std::uint32_t columns, std::uint32_t valid, std::uint32_t k, std::size_t rows,
             std::uint32_t (*word)(std::size_t)) {
  return {columns, valid, k, made(rows * columns, word)};
}

std::uint32_t some_float(std::size_t i) {
  return bits(static_cast<float>(random_word(i) % 20000) / 16.0F - 300.0F);
}

void add_selections(std::vector<FailureCase>& all) {
  all.push_back(select("K2", "template_threads", rows_of(900, 900, 9, 2, some_float)));
  all.push_back(select("K4", "unfilled_slots", rows_of(12, 7, 11, 3, some_float)));
  all.push_back(select("K5", "nan_compares_false", rows_of(90, 90, 7, 2, [](std::size_t i) {
                         return i < 90 ? 0x7FC00000U : some_float(i);  // a row of NaN, a plain one
                       })));
  all.push_back(select("K6", "upper_bits_only", rows_of(700, 700, 20, 2, [](std::size_t i) {
                         return 0x3F800000U + random_word(i) % 2048;  // all share 21 bits
                       })));
  all.push_back(select("K7", "finite_start", rows_of(64, 60, 12, 1, [](std::size_t i) {
                         return i % 16 == 3 ? some_float(i) : 0xFF800000U;  // 4 finite of 60
                       })));
  all.push_back(
      select("K8", "first_comer", rows_of(300, 300, 6, 2, [](std::size_t) { return bits(2.5F); })));
  all.push_back(select("K11", "padding_counts", rows_of(64, 50, 5, 2, [](std::size_t i) {
                         return i % 64 >= 50 ? bits(3e38F) : some_float(i);
                       })));
}

void add_masks(std::vector<FailureCase>& all) {
  for (const std::uint32_t n : {1U, 31U, 33U, 1000U}) {
    FailureCase c;
    c.id = "K12";
    c.clean = "mask";
    c.blocks = (n + 255) / 256;
    c.n = n;
    c.x = made(n, some_float);
    c.z = made((n + 31) / 32, [](std::size_t i) { return random_word(i) & ~1U; });
    c.expected = made(n, [&](std::size_t i) {
      return (c.z[i / 32] & (1U << i % 32)) != 0 ? c.x[i] : 0xFF800000U;
    });
    c.name = "bitmask from the highest bit, V = " + std::to_string(n);
    c.mutant = "mask_highest_first";
    if (n > 1) all.push_back(c);
    c.name = "bitmask without its last word, V = " + std::to_string(n);
    c.mutant = "mask_without_tail";
    all.push_back(c);
  }
}

// The case of the kernel `kernel` and the mutant `kernel` + "_bug".
FailureCase twins(const std::string& id, const std::string& kernel, RefusedBy by, Words x,
                  Words expected) {
  FailureCase c;
  c.id = id;
  c.name = c.clean = kernel;
  c.mutant = kernel + "_bug";
  c.by = by;
  c.x = std::move(x);
  c.expected = std::move(expected);
  c.threads = static_cast<std::uint32_t>(c.expected.size());
  return c;
}

FailureCase at(int wave, FailureCase c) {
  c.name += " at " + std::to_string(wave);
  c.waves = {wave};
  return c;
}

void add_waves(std::vector<FailureCase>& all) {
  const Words x = made(256, [](std::size_t i) { return random_word(i) % 4096; });
  // Odd numbers only in the upper lanes.
  const Words upper = made(128, [](std::size_t i) { return i % 64 >= 32 && i % 3 == 0 ? 1U : 2U; });
  all.push_back(at(64, twins("W1", "counts_votes", RefusedBy::result, upper, made(128, [&](auto i) {
                               return static_cast<std::uint32_t>(
                                   std::count(upper.begin() + i / 64 * 64,
                                              upper.begin() + i / 64 * 64 + 64, 1U));
                             }))));
  all.push_back(at(64, twins("W2", "shuffles_by_mask", RefusedBy::sync, x,
                             made(256, [&](std::size_t i) { return x[i ^ 1]; }))));
  all.push_back(at(
      64, twins("W3", "sums_of_thirty_two", RefusedBy::result, x, made(256, [&](auto i) {
                  return std::accumulate(x.begin() + i / 32 * 32, x.begin() + i / 32 * 32 + 32, 0U);
                }))));
  // All exponentials are 1 here, and sums of ones are exact.
  all.push_back(at(
      32, twins("W4", "softmax", RefusedBy::result, Words(256, 0), Words(256, bits(1.0F / 256)))));
  all.push_back(at(32, twins("W6", "shuffles_by_thirty_two", RefusedBy::sync, x,
                             made(256, [&](std::size_t i) { return x[i] + x[i ^ 16]; }))));
  for (const int wave : {32, 64}) {
    const auto width = static_cast<std::size_t>(wave);
    all.push_back(
        at(wave, twins("W6", "few_lanes_shuffle", RefusedBy::sync, x,
                       made(256, [&](std::size_t i) { return x[i] + x[i / width * width]; }))));
  }
}

FailureCase choice(const std::string& id, const std::string& mutant, std::uint32_t entries) {
  FailureCase c;
  c.id = id;
  c.name = mutant + " of " + std::to_string(entries);
  c.clean = "chooses";
  c.mutant = mutant;
  c.n = entries;
  c.threads = 64;
  c.x = made(std::size_t{64} * entries, [](std::size_t i) { return random_word(i) % 9; });
  c.expected = made(64, [&](std::size_t row) {
    const auto begin = c.x.begin() + static_cast<std::ptrdiff_t>(row * entries);
    return static_cast<std::uint32_t>(std::max_element(begin, begin + entries) - begin);
  });
  return c;
}

void add_rows(std::vector<FailureCase>& all) {
  for (const std::uint32_t entries : {3U, 17U, 24U}) {
    all.push_back(choice("R6", "chooses_of_two", entries));
    all.push_back(choice("R9", "chooses_the_last", entries));
  }
  const Words x = made(256, [](std::size_t i) { return random_word(i) % 4096; });
  const Words six(x.begin(), x.begin() + 192);
  FailureCase rows = twins("R7", "doubles_rows", RefusedBy::result, six,
                           made(192, [&](std::size_t i) { return 2 * x[i]; }));
  rows.blocks = 6;
  rows.threads = 64;
  rows.z = {2, 3};
  all.push_back(rows);

  FailureCase scratch =
      twins("R8", "goes_through_scratch", RefusedBy::bounds, Words(x.begin(), x.begin() + 100),
            made(100, [&](std::size_t i) { return x[i] + 1; }));
  scratch.n = 100;
  scratch.threads = 128;
  scratch.z = Words(64, 0);
  all.push_back(scratch);

  all.push_back(twins("R10", "combines", RefusedBy::result, x, made(256, [&](std::size_t i) {
                        return x[i] % 2 == 1 ? 0U : bits(0.5F * static_cast<float>(x[i]));
                      })));

  FailureCase weights = twins("R11", "sums_weights", RefusedBy::bounds, {0}, {bits(96 * 1.5F)});
  weights.n = 96;
  weights.threads = 64;
  weights.z = Words(48, 0x3FC03FC0U);  // pairs of 1.5
  all.push_back(weights);

  FailureCase late = twins("R12", "finds_a_late_row", RefusedBy::ub, {0}, {4100});  // 65,600 / 16
  late.n = 4096;
  late.threads = 64;
  all.push_back(late);

  all.push_back(twins("A5", "turns_in_place", RefusedBy::race, x, made(256, [&](std::size_t i) {
                        return i < 128 ? x[i] - x[i + 128] : x[i] + x[i - 128];
                      })));
  all.push_back(twins("A8", "masked_softmax", RefusedBy::result, x, made(256, [&](std::size_t i) {
                        return x[i] % 4 == 0 ? 0U : bits(1.0F / static_cast<float>(x[i] % 4));
                      })));
}

}  // namespace

std::vector<FailureCase> failure_cases() {
  std::vector<FailureCase> all;
  add_selections(all);
  add_masks(all);
  add_waves(all);
  add_rows(all);
  return all;
}

}  // namespace kernelgate
