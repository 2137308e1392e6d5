#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/verify/testing.hpp"
#include "kernels/mla_attention/mla_layout.hpp"

namespace kernelgate {
namespace {

constexpr auto parse = case_of<MlaAttentionCase>;

TEST(MlaAttentionCase, ParsesBackToTheSameCase) {
  const char* text =
      "form=chunk,keys=latent,batch=2,tokens=5,context=7,heads=6,rank=40,rope=8,nope=24,"
      "value_dim=20,cache=ragged,f16";
  EXPECT_EQ(MlaAttentionCase::axes().print(parse(text)), text);
  EXPECT_EQ(MlaAttentionCase::axes().parse(text), parse(text));
}

TEST(MlaAttentionCase, RefusesAxesThatContradictEachOther) {
  for (const char* text :
       {"form=prefill,context=3", "form=decode,context=0", "form=decode,tokens=2,context=4"}) {
    EXPECT_THROW(parse(text), BadInput) << text;
  }
}

// Spec 3.8: 576 numbers per token and layer, 1,152 bytes in bf16, 46,080 over 8B's 40 layers.
TEST(MlaAttentionCase, ReadsTheLatentCacheOnce) {
  const MlaAttentionCase one = parse("form=decode,keys=latent,context=1,bf16");
  const MlaAttentionCase two = parse("form=decode,keys=latent,context=2,bf16");
  EXPECT_EQ(40 * (two.traffic().bytes - one.traffic().bytes), 46080);
  EXPECT_EQ(two.traffic().flops - one.traffic().flops, 16 * 2 * (576 + 512));
  const MlaAttentionCase p = parse("tokens=3,heads=2,rank=8,rope=4,nope=6,value_dim=5,f32");
  EXPECT_EQ(p.traffic().flops, 2 * (6 + 4 + 5) * 2 * (1 + 2 + 3));
  EXPECT_EQ(p.traffic().bytes, 4 * (3 * 2 * (10 + 5) + 3 * (4 + 2 * 11)) + 8);
}

TensorSet zeros(const MlaAttentionCase& c) {
  TensorSet set(c.tensors());
  for (Tensor& tensor : set.all()) {
    for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.set(i, 0);
  }
  return set;
}

TEST(MlaAttentionReference, WeighsValuesByTheSoftmaxOfBothPartsOfTheScore) {
  const MlaAttentionCase c =
      parse("form=decode,keys=latent,context=2,heads=1,rank=4,rope=2,nope=7");
  TensorSet set = zeros(c);
  set["valid"].set(1, 2);
  set["q"].set(1, 3);      // times 9^(-1/2): the score is component 1 of the latent ...
  set["q"].set(4, -1.5);   // ... minus half of component 0 of the rotated key
  set["cache"].set(0, 8);  // value of row 0: (8, 0, 0, 0)
  set["cache"].set(6, -4);
  set["cache"].set(7, 2.0986122886681098);  // ln 3 + 1
  set["cache"].set(10, 2);                  // minus 1: weights 1/4 and 3/4
  const ReferenceValues reference_values = c.reference_values(set, DataMode::real, 1);
  EXPECT_NEAR(reference_values.numeric.at(0).value.at(0), 8 / 4.0 - 4 * 3 / 4.0, 1e-6);
  EXPECT_NEAR(reference_values.numeric.at(0).value.at(1), 2.0986122886681098 * 3 / 4, 1e-6);
}

// Absorption: passing queries through the keys' up-projection and outputs through the values' gives
// the result of the expanded form. Small whole numbers keep every product exact in f32.
TEST(MlaAttentionReference, AbsorbedAndExpandedFormsAgree) {
  const MlaAttentionCase e =
      parse("form=chunk,tokens=3,context=4,heads=2,rank=5,rope=2,nope=3,value_dim=4");
  MlaAttentionCase l = e;
  l.keys = MlaKeys::latent;
  TensorSet expanded = zeros(e), latent = zeros(l);
  const auto small = [](std::int64_t i, std::int64_t salt) {
    return static_cast<double>((i * 7 + salt * 5) % 5 - 2) / 2;
  };
  expanded["valid"].set(1, 7);
  latent["valid"].set(1, 7);
  for (std::int64_t i = 0; i < expanded["cache"].count(); ++i) {
    expanded["cache"].set(i, small(i, 1));
    latent["cache"].set(i, small(i, 1));
  }
  const auto up_key = [&](std::int64_t n, std::int64_t x, std::int64_t r) {
    return small(3 * n + 11 * x + r, 2);
  };
  const auto up_value = [&](std::int64_t n, std::int64_t x, std::int64_t r) {
    return small(5 * n + 2 * x + 13 * r, 3);
  };
  for (std::int64_t s = 0; s < 7; ++s) {
    for (std::int64_t n = 0; n < 2; ++n) {
      for (std::int64_t x = 0; x < 7; ++x) {
        double sum = 0;
        for (std::int64_t r = 0; r < 5; ++r) {
          const double up = x < 3 ? up_key(n, x, r) : up_value(n, x - 3, r);
          sum += up * latent["cache"].get(s * 7 + r);
        }
        expanded["expanded"].set((s * 2 + n) * 7 + x, sum);
      }
    }
  }
  for (std::int64_t i = 0; i < 3 * 2; ++i) {
    for (std::int64_t x = 0; x < 5; ++x) expanded["q"].set(i * 5 + x, small(i * 5 + x, 4));
    for (std::int64_t x = 0; x < 2; ++x) {
      latent["q"].set(i * 7 + 5 + x, expanded["q"].get(i * 5 + 3 + x));
    }
    for (std::int64_t r = 0; r < 5; ++r) {
      double sum = 0;
      for (std::int64_t x = 0; x < 3; ++x)
        sum += up_key(i % 2, x, r) * expanded["q"].get(i * 5 + x);
      latent["q"].set(i * 7 + r, sum);
    }
  }
  const std::vector<double> out =
      e.reference_values(expanded, DataMode::real, 1).numeric.at(0).value;
  const std::vector<double> mixed =
      l.reference_values(latent, DataMode::real, 1).numeric.at(0).value;
  for (std::size_t i = 0; i < 3 * 2; ++i) {
    for (std::size_t x = 0; x < 4; ++x) {
      double sum = 0;
      for (std::size_t r = 0; r < 5; ++r) {
        sum += up_value(static_cast<std::int64_t>(i % 2), static_cast<std::int64_t>(x),
                        static_cast<std::int64_t>(r)) *
               mixed[i * 5 + r];
      }
      EXPECT_NEAR(out[i * 4 + x], sum, 1e-13) << i << " " << x;
    }
  }
}

// Brute force over the filled tensors: the winning row of the codes leads by more than 110
// everywhere.
TEST(LatentCodes, GiveEveryQueryOneRowThatLeadsByMoreThan110) {
  for (const char* axes :
       {"form=chunk,batch=2,tokens=9,context=95,heads=3,rank=6,rope=4,nope=16,value_dim=3,f16",
        "form=chunk,keys=latent,tokens=7,context=500,heads=4,bf16",
        "form=prefill,batch=4,tokens=33,heads=2,nope=21,rank=2,cache=ragged,f32",
        "form=decode,keys=latent,batch=3,context=300,heads=2,rank=10,rope=1,cache=ragged,bf16"}) {
    const MlaAttentionCase c = parse(axes);
    const MlaLayout at(c);
    TensorSet set(c.tensors());
    c.fill(set, DataMode::exact, 5);
    const NumericReference reference_values =
        c.reference_values(set, DataMode::exact, 5).numeric.at(0);
    const Tensor& own = set[c.latent() ? "cache" : "expanded"];
    for (std::int64_t i = 0; i < c.batch * c.tokens * c.heads; ++i) {
      const std::int64_t j = i % c.heads / c.group(), t = i / c.heads % c.tokens;
      const std::int64_t b = i / c.heads / c.tokens;
      double best = -INFINITY, second = -INFINITY;
      std::int64_t winner = -1;
      const VisibleKeys seen = c.visible(b, t);
      for (std::int64_t s = seen.begin; s < seen.end; ++s) {
        double score = 0;
        for (std::int64_t x = 0; x < c.own(); ++x) {
          score += set["q"].get(i * at.width() + x) * own.get(at.key_at(b, s, j) + x);
        }
        for (std::int64_t x = 0; x < c.rope; ++x) {
          score += set["q"].get(i * at.width() + c.own() + x) *
                   set["cache"].get(at.cache_at(b, s) + c.rank + x);
        }
        score /= std::sqrt(static_cast<double>(c.nope + c.rope));
        EXPECT_LT(score, -19000);
        second = std::max(second, std::min(score, best));
        if (score > best) winner = at.value_at(b, s, j);
        best = std::max(best, score);
      }
      for (std::int64_t x = 0; x < c.values(); ++x) {
        ASSERT_EQ(reference_values.value[static_cast<std::size_t>(i * c.values() + x)],
                  winner < 0 ? 0 : own.get(winner + x));
      }
      if (winner >= 0) {
        ASSERT_GT(best - second, 110) << axes << " query " << i;
      }
    }
  }
}

TEST(MlaAttentionVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "mla_attention", {"kokkos", "kokkos/device-shape"},
           {"tokens=1,heads=1,rank=3,rope=1,nope=5,value_dim=3,f32",
            "batch=3,tokens=37,heads=4,rank=8,rope=6,nope=16,value_dim=9,cache=ragged,bf16",
            "form=chunk,keys=latent,tokens=5,context=50,heads=3,rank=21,rope=4,nope=8,f16",
            "form=decode,keys=latent,batch=4,context=600,heads=16,rank=40,rope=8,cache=ragged,f32",
            "form=decode,keys=latent,batch=3,context=70,heads=5,rank=16,rope=8,cache=ragged,bf16",
            "form=decode,batch=2,context=300,heads=2,rank=4,rope=4,nope=12,value_dim=20,f16"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << ": " << result.message;
  }
}

/// A plain f32 attention with one seeded bug.
struct Fault {
  float hidden = -INFINITY;        // value of a masked score
  bool last_key_dropped = false;   // of a range of more than one
  bool one_key_more = false;       // the row after the query's own
  bool scale_of_rank = false;      // 1 / sqrt(own + rope), the width of the multiplied vectors
  bool rope_missing = false;       // the rotated part of the score left out
  bool values_shifted = false;     // values begin where keys' rotated part begins
  bool head_of_neighbour = false;  // keys and values of the next head (expanded)
  bool stale_element = false;
  bool nothing_written = false;
  bool writes_past_the_end = false;
  bool narrow_accumulator = false;  // bf16 sums of weighted values
};

template <class T>
void broken_attention(const MlaAttentionCase& c, TensorSet& set, const Fault& f) {
  if (f.nothing_written) return;
  const MlaLayout at(c);
  const auto q = set["q"].as<T>(), cache = set["cache"].as<T>();
  const auto own = set[c.latent() ? "cache" : "expanded"].as<T>();
  auto out = set["out"].as<T>();
  const auto number = [](std::span<const T> from, std::int64_t i) {
    return to_float(from[static_cast<std::size_t>(i)]);
  };
  const double width = static_cast<double>(f.scale_of_rank ? at.width() : c.nope + c.rope);
  const auto scale = static_cast<float>(1 / std::sqrt(width));
  for (std::int64_t i = 0; i < c.batch * c.tokens * c.heads; ++i) {
    const std::int64_t n = i % c.heads, t = i / c.heads % c.tokens, b = i / c.heads / c.tokens;
    const std::int64_t j = (n / c.group() + (f.head_of_neighbour ? 1 : 0)) % c.key_heads();
    VisibleKeys seen = c.visible(b, t);
    if (f.last_key_dropped && seen.count() > 1) --seen.end;
    if (f.one_key_more && seen.end < c.valid_rows(b).end) ++seen.end;
    const std::int64_t low = seen.begin;
    const std::int64_t high = f.hidden > -INFINITY ? c.valid_rows(b).end : seen.end;
    std::vector<float> weight;
    float largest = -INFINITY, total = 0;
    for (std::int64_t s = low; s < high; ++s) {
      float score = 0;
      for (std::int64_t x = 0; x < c.own(); ++x) {
        score += number(q, i * at.width() + x) * number(own, at.key_at(b, s, j) + x);
      }
      for (std::int64_t x = 0; x < c.rope && !f.rope_missing; ++x) {
        score +=
            number(q, i * at.width() + c.own() + x) * number(cache, at.cache_at(b, s) + c.rank + x);
      }
      score = s < seen.end ? score * scale : f.hidden;
      largest = std::max(largest, score);
      weight.push_back(score);
    }
    for (float& w : weight) total += w = std::exp(w - largest);
    for (std::int64_t x = 0; x < c.values(); ++x) {
      float sum = 0;
      for (std::int64_t s = low; s < high; ++s) {
        const std::int64_t from = at.value_at(b, s, j) + (f.values_shifted ? c.rope : 0);
        sum += weight[static_cast<std::size_t>(s - low)] / total *
               number(own,
                      std::min<std::int64_t>(from + x, static_cast<std::int64_t>(own.size()) - 1));
        if (f.narrow_accumulator) sum = to_float(from_float<bf16>(sum));
      }
      out[static_cast<std::size_t>(i * c.values() + x)] = from_float<T>(sum);
    }
  }
  if (f.stale_element) out.back() = out[out.size() - 2];
  if (f.writes_past_the_end) *(out.data() + out.size()) = out.back();
}

Status status_of(const char* axes, DataMode mode, const Fault& fault) {
  const MlaAttentionCase c = parse(axes);
  return check_fault(c, mode, fault,
                     c.type == Dtype::bf16 ? broken_attention<bf16> : broken_attention<float>)
      .status;
}

constexpr const char* own_heads =
    "form=chunk,tokens=20,context=30,heads=4,rank=12,rope=8,nope=24,value_dim=17,f32";
constexpr const char* shared_latent =
    "form=chunk,keys=latent,tokens=20,context=30,heads=4,rank=40,rope=8,nope=24,bf16";

TEST(MlaAttentionMutants, ThePlainKernelWithoutFaultPasses) {
  for (const char* axes : {own_heads, shared_latent}) {
    EXPECT_EQ(status_of(axes, DataMode::exact, {}), Status::passed);
    EXPECT_EQ(status_of(axes, DataMode::real, {}), Status::passed);
  }
}

TEST(MlaAttentionMutants, LogicFaultsAreRefusedInBothModes) {
  const std::pair<const char*, Fault> faults[] = {
      {"last key dropped", {.last_key_dropped = true}},
      {"one key more", {.one_key_more = true}},
      {"values shifted", {.values_shifted = true}},
      {"stale element", {.stale_element = true}},
      {"nothing written", {.nothing_written = true}},
      {"write past the end", {.writes_past_the_end = true}},
  };
  for (const auto& [name, fault] : faults) {
    for (const char* axes : {own_heads, shared_latent}) {
      EXPECT_EQ(status_of(axes, DataMode::exact, fault), Status::incorrect) << name << ", exact";
      EXPECT_EQ(status_of(axes, DataMode::real, fault), Status::incorrect) << name << ", real";
    }
  }
  EXPECT_EQ(status_of(own_heads, DataMode::exact, {.head_of_neighbour = true}), Status::incorrect);
  EXPECT_EQ(status_of(own_heads, DataMode::real, {.head_of_neighbour = true}), Status::incorrect);
}

TEST(MlaAttentionMutants, AFiniteMaskLeaksWhenAllScoresAreLower) {
  EXPECT_EQ(status_of(own_heads, DataMode::exact, {.hidden = -10000}), Status::incorrect);
  EXPECT_EQ(status_of(shared_latent, DataMode::exact, {.hidden = -10000}), Status::incorrect);
}

TEST(MlaAttentionMutants, NumericFaultsAreRefusedOnRealData) {
  for (const char* axes : {own_heads, shared_latent}) {
    EXPECT_EQ(status_of(axes, DataMode::real, {.rope_missing = true}), Status::incorrect) << axes;
    EXPECT_EQ(status_of(axes, DataMode::real, {.narrow_accumulator = true}), Status::incorrect);
  }
  // Absorbed queries are longer than the head whose width defines the scale.
  EXPECT_EQ(status_of(shared_latent, DataMode::real, {.scale_of_rank = true}), Status::incorrect);
}

}  // namespace
}  // namespace kernelgate
