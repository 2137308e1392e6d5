// Tests that the first operation with a non-finite result is reported together with its inputs.
#include "harness/model/finite_check.hpp"

#include <gtest/gtest.h>

#include "harness/model/model_testing.hpp"

namespace kernelgate::model {
namespace {

const Registry& kernels() {
  static const Registry registry = all_kernels();
  return registry;
}

TEST(FiniteCheck, IsSilentOnASoundModelInF16AndKnowsItsHeadroom) {
  Made made(kernels(), "t1", Dtype::f16);
  FiniteCheck check;
  made.model.operations().observe(&check);
  SequenceStore store = made.model.make_store(2, 12);
  made.feed(store, 1, golden_ids, {5, 6, 7});
  EXPECT_TRUE(check.all_finite()) << check.first();
  EXPECT_EQ(check.by_operation().size(), 14U);
  const Headroom& head = check.by_operation().at("q_proj");
  EXPECT_EQ(head.runs, 16);  // four layers, four pieces
  EXPECT_EQ(head.limit, 65504);
  EXPECT_GT(head.largest, 0.01);
  EXPECT_LT(head.largest, 100);
  EXPECT_EQ(head.tensor, "y");
}

// 40,000 times a norm output of about 1: elements above 1.64 overflow f16; the norm's inputs do
// not.
TEST(FiniteCheck, NamesTheOperationThatOverflowsAndWhatItWasGiven) {
  for (const Dtype type : {Dtype::f16, Dtype::bf16}) {
    Made made(kernels(), "t1", type);
    std::vector<std::byte> large(64 * 2);
    encode(type, std::vector<double>(64, 40000.0), large.data());
    made.weights.blocks[2].input_norm = large.data();
    FiniteCheck check;
    made.model.operations().observe(&check);
    made.one_shot(golden_ids);
    if (type == Dtype::bf16) {  // the same numbers and weights are in range
      EXPECT_TRUE(check.all_finite()) << check.first();
      continue;
    }
    EXPECT_FALSE(check.all_finite());
    // The norm before layer 2 runs at the end of layer 1.
    EXPECT_TRUE(check.first().starts_with("layer 1, input_norm: y[")) << check.first();
    EXPECT_TRUE(check.first().ends_with("stored as f16, whose limit is 65504")) << check.first();
    EXPECT_NE(
        check.first().find("] is inf") == std::string::npos ? check.first().find("] is -inf") : 0U,
        std::string::npos)
        << check.first();
    EXPECT_EQ(check.inputs_of_first(), "its inputs are finite, the largest is weight[0] = 40000");
  }
}

TEST(FiniteCheck, SaysWhereAWeightWasNoNumberAlready) {
  Made made(kernels(), "t1", Dtype::f16);
  std::vector<std::byte> broken(64 * 2);
  std::vector<double> ones(64, 1.0);
  ones[5] = 70000;  // becomes infinity in f16
  encode(Dtype::f16, ones, broken.data());
  made.weights.blocks[0].post_attention_norm = broken.data();
  FiniteCheck check;
  made.model.operations().observe(&check);
  made.one_shot(golden_ids);
  EXPECT_TRUE(check.first().starts_with("layer 0, ")) << check.first();
  EXPECT_EQ(check.inputs_of_first(), "its input weight[5] is inf already, stored as f16");
}

}  // namespace
}  // namespace kernelgate::model
