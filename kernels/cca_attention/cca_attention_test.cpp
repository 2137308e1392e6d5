#include <gtest/gtest.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>

#include "harness/verify/testing.hpp"
#include "kernels/cca_attention/attention_error_bound.hpp"
#include "kernels/cca_attention/cca_attention.hpp"
#include "kernels/cca_attention/cca_attention_kokkos.hpp"

namespace kernelgate {
namespace {

constexpr auto parse = case_of<CcaAttentionCase>;

TEST(CcaAttentionCase, ParsesBackToTheSameCase) {
  const char* text =
      "form=chunk,batch=2,tokens=5,context=7,heads=6,kv_heads=3,head_dim=24,mask=sliding,window=4,"
      "cache=ragged,f16";
  EXPECT_EQ(CcaAttentionCase::axes().print(parse(text)), text);
  EXPECT_EQ(CcaAttentionCase::axes().parse(text), parse(text));
}

TEST(CcaAttentionCase, RefusesAxesThatContradictEachOther) {
  for (const char* text : {"heads=5,kv_heads=2", "form=prefill,context=3", "form=decode,context=0",
                           "form=decode,tokens=2,context=4", "mask=sliding", "window=4"}) {
    EXPECT_THROW(parse(text), BadInput) << text;
  }
}

TEST(CcaAttentionCase, CountsEveryVisiblePairAndEveryByteOnce) {
  const CcaAttentionCase c = parse("tokens=3,heads=4,kv_heads=2,head_dim=16,bf16");
  EXPECT_EQ(c.traffic().flops, 4 * 16 * 4 * (1 + 2 + 3));
  EXPECT_EQ(c.traffic().bytes, (3 * 4 + 3 * 4) * 16 * 2 + 2 * (3 * 2 * 16 * 2) + 8);
  // With a window of 2 the last cached token sees 2 of its 9 rows.
  const CcaAttentionCase d = parse(
      "form=decode,context=9,heads=2,kv_heads=1,head_dim=16,"
      "mask=sliding,window=2,f32");
  EXPECT_EQ(d.traffic().flops, 4 * 16 * 2 * 2);
  EXPECT_EQ(d.traffic().bytes, 2 * 2 * 16 * 4 + 2 * 2 * 16 * 4 + 8);
}

TEST(CcaAttentionCase, AWindowCountsItsOwnKey) {
  const CcaAttentionCase c =
      parse("form=chunk,tokens=4,context=6,mask=sliding,window=3");  // queries are rows 6..9
  EXPECT_EQ(c.visible(0, 0).begin, 4);
  EXPECT_EQ(c.visible(0, 0).end, 7);
  EXPECT_EQ(c.visible(0, 3).begin, 7);
  EXPECT_EQ(c.visible(0, 3).end, 10);
}

TEST(CcaAttentionReference, WeighsValuesByTheSoftmaxOfScores) {
  const CcaAttentionCase c = parse("form=decode,context=2,heads=1,kv_heads=1,head_dim=4");
  TensorSet tensors(c.tensors());
  for (Tensor& tensor : tensors.all()) {
    for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.set(i, 0);
  }
  tensors["valid"].set(1, 2);
  tensors["q"].set(0, 2);                   // times 4^(-1/2): the score is the key
  tensors["k"].set(4, 1.0986122886681098);  // ln 3: weights 1/4 and 3/4
  tensors["v"].set(0, 8);
  tensors["v"].set(4, -4);
  const ReferenceValues reference_values = c.reference_values(tensors, DataMode::real, 1);
  EXPECT_NEAR(reference_values.numeric.at(0).value.at(0), 8 / 4.0 - 4 * 3 / 4.0, 1e-7);
  EXPECT_EQ(reference_values.numeric.at(0).value.at(1), 0);
}

// Brute force over the filled tensors: the winning key of the codes leads by more than 110
// everywhere.
TEST(CcaAttentionCodes, GiveEveryQueryOneKeyThatLeadsByMoreThan110) {
  for (const char* axes :
       {"form=chunk,batch=2,tokens=9,context=95,heads=8,kv_heads=2,head_dim=16,f16",
        "form=chunk,tokens=7,context=2100,heads=4,kv_heads=2,head_dim=128,mask=sliding,"
        "window=70,bf16",
        "form=prefill,batch=4,tokens=33,heads=6,kv_heads=3,head_dim=21,cache=ragged,f32",
        "form=decode,batch=3,context=300,heads=2,kv_heads=2,head_dim=9,cache=ragged,bf16"}) {
    const CcaAttentionCase c = parse(axes);
    TensorSet set(c.tensors());
    c.fill(set, DataMode::exact, 5);
    const NumericReference reference_values =
        c.reference_values(set, DataMode::exact, 5).numeric.at(0);
    const std::int64_t d = c.head_dim;
    for (std::int64_t i = 0; i < c.batch * c.tokens * c.heads; ++i) {
      const std::int64_t n = i % c.heads, t = i / c.heads % c.tokens;
      const std::int64_t b = i / c.heads / c.tokens;
      const VisibleKeys seen = c.visible(b, t);
      double best = -INFINITY, second = -INFINITY;
      std::int64_t winner = -1;
      for (std::int64_t s = seen.begin; s < seen.end; ++s) {
        const std::int64_t at = ((b * c.rows() + s) * c.kv_heads + n / c.group()) * d;
        double score = 0;
        for (std::int64_t x = 0; x < d; ++x)
          score += set["q"].get(i * d + x) * set["k"].get(at + x);
        score /= std::sqrt(static_cast<double>(d));
        EXPECT_LT(score, -19000);
        if (score > best) {
          second = best;
          best = score;
          winner = at;
        } else {
          second = std::max(second, score);
        }
      }
      for (std::int64_t x = 0; x < d; ++x) {
        ASSERT_EQ(reference_values.value[static_cast<std::size_t>(i * d + x)],
                  winner < 0 ? 0 : set["v"].get(winner + x));
      }
      if (winner >= 0) {
        ASSERT_GT(best - second, 110) << axes << " query " << i;
      }
    }
  }
}

TEST(CcaAttentionErrorBound, CentresOnTheScalarReference) {
  const CcaAttentionCase c = parse("form=chunk,tokens=3,context=40,heads=4,kv_heads=2,head_dim=24");
  TensorSet set(c.tensors());
  c.fill(set, DataMode::real, 3);
  const NumericReference reference_values =
      c.reference_values(set, DataMode::real, 3).numeric.at(0);
  const reference::CcaAttentionParams p{.num_heads = 4, .num_kv_heads = 2, .head_dim = 24};
  std::vector<double> out(4 * 24);
  const TensorSet& read = set;
  const Values q(read["q"].as<float>()), k(read["k"].as<float>()), v(read["v"].as<float>());
  for (std::int64_t t = 0; t < 3; ++t) {
    reference::cca_attention<double>(q.slice(t * 96, 96), k, v, {0, 41 + t}, p,
                                     std::span<double>(out));
    for (std::size_t i = 0; i < out.size(); ++i) {
      EXPECT_NEAR(reference_values.value[static_cast<std::size_t>(t) * 96 + i], out[i], 1e-13);
    }
  }
}

TEST(CcaAttentionVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "cca_attention", {"kokkos", "kokkos/device-shape"},
           {"tokens=1,heads=1,kv_heads=1,head_dim=9,f32",
            "batch=3,tokens=37,heads=4,kv_heads=2,head_dim=16,cache=ragged,bf16",
            "tokens=67,heads=6,kv_heads=2,head_dim=80,mask=sliding,window=5,f16",
            "form=chunk,batch=2,tokens=35,context=33,heads=16,kv_heads=2,head_dim=128,"
            "mask=sliding,window=32,f32",
            "form=decode,batch=5,context=1100,heads=8,kv_heads=2,head_dim=128,cache=ragged,bf16",
            "form=decode,batch=3,context=700,heads=6,kv_heads=2,head_dim=33,cache=ragged,f16",
            "tokens=7,heads=7,kv_heads=1,head_dim=256,f32"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

TEST(CcaAttentionKokkos, IsRightForEverySplitCountAndTile) {
  const auto check = [](const char* axes, DataMode mode, AttentionCut cut, AttentionShape shape) {
    const CheckResult result =
        check_mutant(parse(axes), mode, [&](const CcaAttentionCase& c, TensorSet& tensors) {
          return prepare_attention(c, tensors, cut, shape);
        });
    EXPECT_EQ(result.status, Status::passed)
        << axes << (shape == AttentionShape::device ? ", a device's shape" : "") << ", splits of "
        << cut.split_keys << " keys, tiles of " << cut.tile_rows << ": " << result.message;
  };
  for (const char* axes : {"form=decode,batch=3,context=50,heads=4,kv_heads=2,head_dim=20,"
                           "cache=ragged,f32",
                           "form=chunk,tokens=9,context=30,heads=3,kv_heads=1,head_dim=16,"
                           "mask=sliding,window=20,f32"}) {
    for (const std::int64_t split_keys : {1, 2, 3, 7, 8, 16, 49, 50, 51}) {
      for (const std::int64_t tile : {0, 1, 5, 16}) {  // 0: as the case is launched
        for (const DataMode mode : {DataMode::exact, DataMode::real}) {
          const AttentionCut cut{
              .tile_rows = tile, .tile_keys = tile == 5 ? 8 : 16, .split_keys = split_keys};
          check(axes, mode, cut, AttentionShape::space);
          check(axes, mode, cut, AttentionShape::device);
        }
      }
    }
  }
}

/// A plain f32 attention with one seeded bug.
struct Fault {
  std::int64_t window_off = 0;  // A7
  float hidden = -INFINITY;     // A9: value of a masked score
  bool heads_modulo = false;    // key head n mod kv_heads
  bool last_key_dropped = false;
  bool scale_missing = false;
  bool stale_element = false;  // the last element has its neighbour's value
  bool nothing_written = false;
  bool writes_past_the_end = false;
  bool half_sum = false;            // W4: weights add up to 0.5
  bool next_key = false;            // scores with the key of row s + 1
  bool narrow_accumulator = false;  // bf16 sums of weighted values
  bool narrow_weights = false;      // weights rounded to bf16
};

template <class T>
void broken_attention(const CcaAttentionCase& c, TensorSet& set, const Fault& f) {
  if (f.nothing_written) return;
  const auto q = set["q"].as<T>(), k = set["k"].as<T>(), v = set["v"].as<T>();
  auto out = set["out"].as<T>();
  const std::int64_t d = c.head_dim;
  const float scale = f.scale_missing ? 1.0F : 1 / std::sqrt(static_cast<float>(d));
  for (std::int64_t i = 0; i < c.batch * c.tokens * c.heads; ++i) {
    const std::int64_t n = i % c.heads, t = i / c.heads % c.tokens, b = i / c.heads / c.tokens;
    const std::int64_t j = f.heads_modulo ? n % c.kv_heads : n / c.group();
    VisibleKeys seen = c.visible(b, t);
    if (c.mask == AttentionMask::sliding) {
      seen.begin = std::max<std::int64_t>(c.valid_rows(b).begin, seen.begin - f.window_off);
    }
    if (f.last_key_dropped && seen.count() > 1) --seen.end;
    const bool leaks = f.hidden > -INFINITY;
    const std::int64_t low = leaks ? c.valid_rows(b).begin : seen.begin;
    const std::int64_t high = leaks ? c.valid_rows(b).end : seen.end;
    std::vector<float> weight;
    float largest = -INFINITY, total = 0;
    for (std::int64_t s = low; s < high; ++s) {
      const std::int64_t row = f.next_key && s + 1 < high ? s + 1 : s;
      float score = 0;
      for (std::int64_t x = 0; x < d; ++x) {
        score +=
            to_float(q[i * d + x]) * to_float(k[((b * c.rows() + row) * c.kv_heads + j) * d + x]);
      }
      score = s < seen.begin || s >= seen.end ? f.hidden : score * scale;
      largest = std::max(largest, score);
      weight.push_back(score);
    }
    for (float& w : weight) total += w = std::exp(w - largest);
    for (float& w : weight) {
      w /= f.half_sum ? 2 * total : total;
      if (f.narrow_weights) w = to_float(from_float<bf16>(w));
    }
    for (std::int64_t x = 0; x < d; ++x) {
      float sum = 0;
      for (std::int64_t s = low; s < high; ++s) {
        sum += weight[s - low] * to_float(v[((b * c.rows() + s) * c.kv_heads + j) * d + x]);
        if (f.narrow_accumulator) sum = to_float(from_float<bf16>(sum));
      }
      out[i * d + x] = from_float<T>(sum);
    }
  }
  if (f.stale_element) out.back() = out[out.size() - 2];
  if (f.writes_past_the_end) *(out.data() + out.size()) = out.back();
}

Status status_of(const char* axes, DataMode mode, const Fault& fault) {
  const CcaAttentionCase c = parse(axes);
  return check_fault(c, mode, fault,
                     c.type == Dtype::bf16 ? broken_attention<bf16> : broken_attention<float>)
      .status;
}

constexpr const char* windowed =
    "form=chunk,tokens=40,context=60,heads=8,kv_heads=2,head_dim=32,mask=sliding,window=50,f32";
constexpr const char* windowed_bf16 =
    "form=chunk,tokens=40,context=60,heads=8,kv_heads=2,head_dim=32,mask=sliding,window=50,bf16";

TEST(CcaAttentionMutants, ThePlainKernelWithoutFaultPasses) {
  for (const char* axes : {windowed, windowed_bf16}) {
    EXPECT_EQ(status_of(axes, DataMode::exact, {}), Status::passed);
    EXPECT_EQ(status_of(axes, DataMode::real, {}), Status::passed);
  }
}

TEST(CcaAttentionMutants, LogicFaultsAreRefusedInBothModes) {
  const std::pair<const char*, Fault> faults[] = {
      {"window one longer", {.window_off = 1}},
      {"window one shorter", {.window_off = -1}},
      {"heads modulo", {.heads_modulo = true}},
      {"last key dropped", {.last_key_dropped = true}},
      {"stale element", {.stale_element = true}},
      {"nothing written", {.nothing_written = true}},
      {"write past the end", {.writes_past_the_end = true}},
      {"weights sum to 0.5", {.half_sum = true}},
      {"key of the next row", {.next_key = true}},
  };
  for (const auto& [name, fault] : faults) {
    for (const char* axes : {windowed, windowed_bf16}) {
      EXPECT_EQ(status_of(axes, DataMode::exact, fault), Status::incorrect) << name << ", exact";
      EXPECT_EQ(status_of(axes, DataMode::real, fault), Status::incorrect) << name << ", real";
    }
  }
}

TEST(CcaAttentionMutants, AFiniteMaskLeaksWhenAllScoresAreLower) {
  EXPECT_EQ(status_of(windowed, DataMode::exact, {.hidden = -10000}), Status::incorrect);
  EXPECT_EQ(status_of(windowed_bf16, DataMode::exact, {.hidden = -10000}), Status::incorrect);
}

TEST(CcaAttentionMutants, NumericFaultsAreRefusedOnRealData) {
  for (const char* axes : {windowed, windowed_bf16}) {
    EXPECT_EQ(status_of(axes, DataMode::real, {.scale_missing = true}), Status::incorrect);
    EXPECT_EQ(status_of(axes, DataMode::real, {.narrow_accumulator = true}), Status::incorrect);
  }
  EXPECT_EQ(status_of(windowed, DataMode::real, {.narrow_weights = true}), Status::incorrect);
}

}  // namespace
}  // namespace kernelgate
