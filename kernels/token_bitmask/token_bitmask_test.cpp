#include <gtest/gtest.h>

#include <cmath>

#include "harness/verify/testing.hpp"
#include "kernels/token_bitmask/token_bitmask.hpp"

namespace kernelgate {
namespace {

constexpr double inf = INFINITY;

TEST(TokenBitmaskCase, ParsesBackToTheSameCase) {
  const TokenBitmaskCase c{
      .rows = 3, .vocabulary = 100, .valid = 90, .masks = 2, .words = 3, .type = Dtype::f16};
  const char* text = "rows=3,vocabulary=100,valid=90,masks=2,words=3,f16";
  EXPECT_EQ(TokenBitmaskCase::axes().parse(text), c);
  EXPECT_EQ(TokenBitmaskCase::axes().print(c), text);
  EXPECT_THROW((TokenBitmaskCase{.vocabulary = 8, .valid = 9}).validate(), BadInput);
}

// Four rows: masked, not masked, padding alone, and an id after a mask's only word.
TEST(TokenBitmaskCase, CountsWhatABitOrThePaddingDecides) {
  const TokenBitmaskCase c{.rows = 4, .vocabulary = 40, .valid = 38, .masks = 3, .words = 1};
  EXPECT_EQ(c.mask_of(0), 2);
  EXPECT_EQ(c.mask_of(3), -1);
  EXPECT_EQ(c.traffic().bytes, 3 * 4 + 4 * 4 + 4 * (4 * 2 + 3 * 32));
}

struct Hand {
  TokenBitmaskCase shape;
  std::vector<std::uint32_t> bitmask;
  std::vector<std::int32_t> mask_of;
};

TensorSet hand_filled(const Hand& hand) {
  TensorSet set(hand.shape.tensors());
  for (std::int64_t i = 0; i < set["logits"].count(); ++i) {
    set["logits"].set(i, static_cast<double>(i % 50));
  }
  for (std::size_t i = 0; i < hand.bitmask.size(); ++i) {
    set["bitmask"].as<std::int32_t>()[i] = static_cast<std::int32_t>(hand.bitmask[i]);
  }
  for (std::size_t i = 0; i < hand.mask_of.size(); ++i) {
    set["mask_of"].as<std::int32_t>()[i] = hand.mask_of[i];
  }
  return set;
}

TEST(TokenBitmaskReference, ReadsBit5OfWord1ForId37) {
  const Hand hand{.shape = {.rows = 3, .vocabulary = 40, .valid = 39, .masks = 2},
                  .bitmask = {0U, 1U << 5, 0x80000001U, ~0U},
                  .mask_of = {0, -1, 1}};
  const TensorSet set = hand_filled(hand);
  const auto x = hand.shape.reference_values(set, DataMode::real, 1).numeric.at(0).value;
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(x[i], i == 37 ? 37 : -inf) << i;
    EXPECT_EQ(x[40 + i], i == 39 ? -inf : static_cast<double>((40 + i) % 50)) << i;
    const bool third = i == 0 || (i >= 31 && i != 39);
    EXPECT_EQ(x[80 + i], third ? static_cast<double>((80 + i) % 50) : -inf) << i;
  }
}

TEST(TokenBitmaskReference, LeavesIdsBehindTheLastWordAlone) {
  const Hand hand{.shape = {.rows = 1, .vocabulary = 40, .masks = 1, .words = 1},
                  .bitmask = {0},
                  .mask_of = {0}};
  const auto x =
      hand.shape.reference_values(hand_filled(hand), DataMode::real, 1).numeric.at(0).value;
  EXPECT_EQ(x[31], -inf);
  EXPECT_EQ(x[32], 32);
}

TEST(TokenBitmaskVariants, AreExactAtTheEdgesOfWords) {
  for (const CheckResult& result :
       check_shapes("token_bitmask", {"kokkos", "kokkos/device-shape"},
                    {"rows=1,vocabulary=1,f32", "rows=9,vocabulary=31,masks=2,bf16",
                     "rows=5,vocabulary=32,masks=3,f16", "rows=8,vocabulary=33,masks=5,f32",
                     "rows=3,vocabulary=9000,valid=8975,masks=2,words=300,bf16",
                     "rows=4,vocabulary=100,valid=64,masks=2,words=2,f16"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

/// A plain kernel with one seeded bug.
struct Fault {
  bool reversed = false;           // bit 31 - i & 31
  bool last_word_dropped = false;  // ids of the last word are left alone
  bool next_mask = false;          // mask_of[r] + 1
  bool own_mask = false;           // mask r instead of mask_of[r]
  bool none_ignored = false;       // -1 taken for mask 0
  bool padding_kept = false;
  bool added = false;   // -inf added: an infinity becomes NaN
  bool lowest = false;  // the lowest finite number instead of -inf
};

void broken(const TokenBitmaskCase& c, TensorSet& set, const Fault& f) {
  for (std::int64_t r = 0; r < c.rows; ++r) {
    auto mask = static_cast<std::int64_t>(set["mask_of"].get(r));
    if (f.own_mask && mask >= 0) mask = r % c.masks;
    if (f.next_mask && mask >= 0) mask = (mask + 1) % c.masks;
    if (f.none_ignored) mask = std::max<std::int64_t>(mask, 0);
    const std::int64_t words = c.mask_words() - (f.last_word_dropped ? 1 : 0);
    for (std::int64_t i = 0; i < c.vocabulary; ++i) {
      bool stays = f.padding_kept || i < c.real_ids();
      if (mask >= 0 && i / 32 < words) {
        const auto word = static_cast<std::uint32_t>(
            set["bitmask"].as<std::int32_t>()[mask * c.mask_words() + i / 32]);
        stays = stays && (word >> (f.reversed ? 31 - i % 32 : i % 32) & 1U) != 0;
      }
      if (stays) continue;
      const std::int64_t at = r * c.vocabulary + i;
      const double was = set["logits"].get(at);
      set["logits"].set(at, f.added ? was - inf : f.lowest ? -3.3e38 : -inf);
    }
  }
}

Status status_of(DataMode mode, const Fault& fault) {
  const TokenBitmaskCase c{
      .rows = 9, .vocabulary = 220, .valid = 215, .masks = 4, .type = Dtype::bf16};
  return check_fault(c, mode, fault, broken).status;
}

TEST(TokenBitmaskMutants, AreRefusedWhereThePlainKernelPasses) {
  const std::pair<const char*, Fault> faults[] = {
      {"bit order reversed", {.reversed = true}},
      {"last word dropped", {.last_word_dropped = true}},
      {"mask row off by one", {.next_mask = true}},
      {"the row's own number as its mask", {.own_mask = true}},
      {"no mask taken for mask 0", {.none_ignored = true}},
      {"padding kept", {.padding_kept = true}},
      {"lowest finite number", {.lowest = true}},
  };
  for (const DataMode mode : {DataMode::exact, DataMode::real}) {
    EXPECT_EQ(status_of(mode, {}), Status::passed);
    for (const auto& [name, fault] : faults) {
      EXPECT_EQ(status_of(mode, fault), Status::incorrect) << name;
    }
  }
  EXPECT_EQ(status_of(DataMode::real, {.added = true}), Status::incorrect);
}

}  // namespace
}  // namespace kernelgate
