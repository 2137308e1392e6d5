// A model with four-bit weights: which matrices are quantised, their bytes, and every operation
// within its error bound on the decoded weights.
#include "harness/model/quantisation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.hpp"
#include "harness/model/local_check.hpp"
#include "harness/model/model_testing.hpp"
#include "harness/model/throughput.hpp"

namespace kernelgate::model {
namespace {

constexpr Quantisation experts_mxfp4{Quantised::experts, {FourBitFormat::mxfp4, 32}};
constexpr Quantisation all_mxfp4{Quantised::all, {FourBitFormat::mxfp4, 32}};
constexpr Quantisation all_nf4{Quantised::all, {FourBitFormat::nf4, 64}};

TEST(Quantisation, TakesExpertsAloneOrTheLinearsAndTheHeadToo) {
  const std::string layer = "model.layers.3.";
  for (const char* expert : {"mlp.experts.gate_up_proj", "mlp.experts.7.down_proj"}) {
    EXPECT_TRUE(experts_mxfp4.takes(layer + expert));
    EXPECT_TRUE(all_mxfp4.takes(layer + expert));
    EXPECT_FALSE(Quantisation{}.takes(layer + expert));
  }
  for (const char* linear : {"self_attn.qkv_proj.q_proj.weight", "self_attn.o_proj.weight",
                             "self_attn.qkv_proj.v_proj_delayed.weight"}) {
    EXPECT_FALSE(experts_mxfp4.takes(layer + linear));
    EXPECT_TRUE(all_mxfp4.takes(layer + linear));
  }
  for (const char* other :
       {"mlp.gate.down_proj.weight", "mlp.gate.router_mlp.out_proj.weight",
        "self_attn.qkv_proj.conv_qk_grouped.weight", "input_layernorm.weight"}) {
    EXPECT_FALSE(all_mxfp4.takes(layer + other)) << other;
  }
  EXPECT_FALSE(all_mxfp4.takes("model.embed_tokens.weight"));
  EXPECT_EQ(all_nf4.describe(),
            "experts, attention linears and LM head nf4 in blocks of 64 (4.5 bits per weight)");
}

TEST(Quantisation, CountsTheBytesOfTheLargeModel) {
  const reference::ModelConfig c = *reference::named_config("8b");
  const std::int64_t whole = weight_bytes(c, Dtype::bf16);
  const std::int64_t expert_weights = std::int64_t{40} * 16 * 3 * 2048 * 2048;
  EXPECT_EQ(weight_bytes(c, Dtype::bf16, experts_mxfp4),
            whole - 2 * expert_weights + expert_weights * 17 / 32);
  // q 1024, k 256, v 128 and 128 rows of 2048; o 2048 rows of 1024. The head is a second matrix.
  const std::int64_t linear_weights = std::int64_t{40} * (1536 * 2048 + 2048 * 1024);
  EXPECT_EQ(weight_bytes(c, Dtype::bf16, all_mxfp4),
            whole - 2 * (expert_weights + linear_weights) +
                (expert_weights + linear_weights + std::int64_t{262272} * 2048) * 17 / 32);
}

TEST(Quantisation, AFloorCountsFourAndAQuarterBits) {
  const reference::ModelConfig c = *reference::named_config("8b");
  const ExpertHits hits{.experts = 40, .routed = 40, .skipped = 0};
  const auto bytes = [&](const Quantisation& q) {
    return min_work(c, Dtype::bf16, q, 1, 1, 1, hits, 0, 0).bytes;
  };
  const std::int64_t expert = std::int64_t{40} * 3 * 2048 * 2048;
  EXPECT_EQ(bytes({}) - bytes(experts_mxfp4), 2 * expert - expert * 17 / 32);
  const std::int64_t rest =
      std::int64_t{40} * (1536 * 2048 + 2048 * 1024) + std::int64_t{262272} * 2048;
  EXPECT_EQ(bytes(experts_mxfp4) - bytes(all_mxfp4), 2 * rest - rest * 17 / 32);
}

TEST(Quantisation, EveryOperationIsInsideItsBudgetOnTheDecodedWeights) {
  const Registry registry = all_kernels();
  const std::pair<Quantisation, Dtype> kinds[] = {
      {experts_mxfp4, Dtype::bf16}, {all_mxfp4, Dtype::f32}, {all_nf4, Dtype::bf16}};
  for (const auto& [q, type] : kinds) {
    Made made(registry, "t1", type, SkipRule::zero, Backend::kokkos, {}, q);
    LocalCheck check(0);
    made.model.operations().observe(&check);
    SequenceStore store = made.model.make_store(2, 12);
    made.feed(store, 1, golden_ids, {5, 6, 7});
    EXPECT_TRUE(check.all_inside()) << q.describe() << name(type) << check.first_outside();
    EXPECT_EQ(check.by_operation().size(), 14U);
    EXPECT_THAT(made.model.operations().variants_used(),
                testing::Contains(testing::StartsWith("expert_gemm_w4/kokkos")));
    EXPECT_THAT(made.model.operations().variants_used(),
                testing::Not(testing::Contains(testing::StartsWith("expert_gemm/"))));
  }
}

TEST(Quantisation, ChangesTheLogitsButNotBeyondWhatFourBitsCost) {
  const Registry registry = all_kernels();
  Made plain(registry, "t1"),
      four(registry, "t1", Dtype::f32, SkipRule::zero, Backend::kokkos, {}, experts_mxfp4);
  const std::vector<float> a = plain.one_shot(golden_ids), b = four.one_shot(golden_ids);
  double off = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    off += (a[i] - b[i]) * (a[i] - b[i]);
    size += a[i] * a[i];
  }
  EXPECT_GT(off, 0);
  // A weight is off by at most half a step, a quarter of its block's largest; outputs stay
  // correlated.
  EXPECT_LT(off, size);
}

// LocalCheck takes the weights as given; this test compares them with the model's originals.
TEST(Quantisation, AWeightIsOffByAtMostHalfAStep) {
  const reference::SyntheticModel m = reference::synthetic_model("t1", Dtype::bf16);
  const KernelWeights w(m.config, m.weights, Dtype::bf16, false, {.how = all_mxfp4});
  const FourBitView view(all_mxfp4.layout, 64,
                         reinterpret_cast<const std::uint8_t*>(w.blocks[1].q.data),
                         w.blocks[1].q.scales);
  for (std::int64_t r = 0; r < 64; ++r) {
    for (std::int64_t k = 0; k < 64; ++k) {
      const double scale = view.scale(r, k / 32);
      const double original = m.weights.blocks[1].q[r * 64 + k];
      const double most = std::abs(original) > 6 * scale ? 2 : 1;  // clipped, or half of 4 to 6
      EXPECT_LE(std::abs(view.at(r, k) - original), most * scale) << r << " " << k;
    }
  }
}

TEST(Quantisation, RowsThatAreNotWholeBlocksAreRefusedByName) {
  const reference::SyntheticModel m = reference::synthetic_model("t1");
  const Quantisation wide{Quantised::experts, {FourBitFormat::nf4, 128}};
  try {
    const KernelWeights w(m.config, m.weights, Dtype::f32, false, {.how = wide});
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("model.layers.0.mlp.experts.gate_up_proj"));
    EXPECT_THAT(error.what(), testing::HasSubstr("64 weights is not whole blocks of 128"));
  }
}

TEST(Quantisation, SaysWhichOriginalsNobodyReadsAnyMore) {
  const reference::SyntheticModel m = reference::synthetic_model("t1");
  std::vector<const std::byte*> done;
  std::int64_t last = 0, total = 0;
  const KernelWeights w(m.config, m.weights, Dtype::f32, false,
                        {.how = all_mxfp4,
                         .made =
                             [&](std::int64_t n, std::int64_t all) {
                               last = n;
                               total = all;
                             },
                         .done_with = [&](const std::byte* p) { done.push_back(p); }});
  EXPECT_EQ(last, total);
  // Four layers of 4 experts of 3 x 64 x 64, 3 x 64 x 64 of q, k, v, o and more; the tied head.
  const std::int64_t linears = (64 + 32 + 16 + 16) * 64 + 64 * 64;
  EXPECT_EQ(total, 4 * (4 * 3 * 64 * 64 + linears) + 512 * 64);
  EXPECT_THAT(done, testing::Contains(m.weights.blocks[2].experts[0].gate_up.bytes()));
  EXPECT_THAT(done, testing::Contains(m.weights.blocks[3].o.bytes()));
  EXPECT_THAT(done, testing::Not(testing::Contains(m.weights.embedding.bytes())));
}

}  // namespace
}  // namespace kernelgate::model
