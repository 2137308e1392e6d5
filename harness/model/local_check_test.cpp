// The check of a model's operations: it passes the kernels and reports a deliberately broken one.
#include "harness/model/local_check.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "harness/model/drift.hpp"
#include "harness/model/model_testing.hpp"

namespace kernelgate::model {
namespace {

const Registry& kernels() {
  static const Registry registry = all_kernels();
  return registry;
}

TEST(LocalCheck, FindsEveryOperationOfTheKernelsInsideItsBudget) {
  for (const Dtype type : {Dtype::f32, Dtype::bf16, Dtype::f16}) {
    Made made(kernels(), "t1", type);
    LocalCheck check(0);
    made.model.operations().observe(&check);
    SequenceStore store = made.model.make_store(3, 12);
    made.feed(store, 1, golden_ids, {5, 6, 7});  // prefill, decode of a batch with padding, chunk
    EXPECT_TRUE(check.all_inside()) << name(type) << ": " << check.first_outside();
    EXPECT_EQ(check.first_non_finite(), "");
    EXPECT_EQ(check.by_operation().size(), 14U);
    for (const auto& [operation, errors] : check.by_operation()) {
      EXPECT_GT(errors.elements, 0) << operation;
    }
  }
}

/// The registry's kernels and one more variant of `linear` that adds to one element in one layer.
class BrokenLinear {
 public:
  explicit BrokenLinear(std::int64_t at_run) : registry_(all_kernels()) {
    const Variant* sound = registry_.find("linear").find_variant("kokkos");
    Variant broken = *sound;
    broken.name = "broken";
    auto runs = std::make_shared<std::int64_t>(0);
    broken.prepare = [prepare = sound->prepare, runs, at_run](const Case& c, TensorSet& tensors,
                                                              NativeDevice* device) {
      std::shared_ptr<Launch> launch = prepare(c, tensors, device);
      Tensor* y = &tensors["y"];
      return make_launch([launch, y, runs, at_run] {
        launch->run();
        launch->fetch();
        if ((*runs)++ == at_run) y->set(7, y->get(7) + 0.25);
      });
    };
    registry_.add_variant("linear", std::move(broken));
  }
  const Registry& registry() const { return registry_; }

 private:
  Registry registry_;
};

TEST(LocalCheck, NamesTheFirstOperationThatLeavesItsBudget) {
  const BrokenLinear broken(2 * 5 + 1);  // five products per layer: layer 2's second one
  Made made(broken.registry(), "t1", Dtype::f32, SkipRule::zero, Backend::kokkos,
            {"linear=broken"});
  LocalCheck check(0);
  made.model.operations().observe(&check);
  made.one_shot(golden_ids);
  EXPECT_FALSE(check.all_inside());
  EXPECT_TRUE(check.first_outside().starts_with("layer 2, k_proj: y[0,7] got"))
      << check.first_outside();
  std::int64_t outside = 0;
  for (const auto& [operation, errors] : check.by_operation()) outside += errors.outside;
  EXPECT_EQ(outside, 1);  // later operations are correct on their inputs
}

TEST(LocalCheck, NamesTheFirstNumberThatIsNoNumber) {
  Made made(kernels(), "t1", Dtype::f16);
  std::vector<std::byte> huge(64 * 2);  // f16 weights near the maximum, so that sums overflow
  encode(Dtype::f16, std::vector<double>(64, 65504.0), huge.data());
  made.weights.blocks[1].input_norm = huge.data();
  LocalCheck check(0);
  made.model.operations().observe(&check);
  made.one_shot(golden_ids);
  EXPECT_TRUE(check.first_non_finite().starts_with("layer 0, input_norm: y["))
      << check.first_non_finite();
}

TEST(Drift, FollowsTheKernelsAndStaysWithinTheGoldenTolerance) {
  Made made(kernels(), "t1");
  StreamRecorder recorder;
  SequenceStore store = made.model.make_store(1, 12);
  const SequenceChunk chunk{0, golden_ids};
  const KernelLogits logits = made.model.forward({&chunk, 1}, store, {.observer = &recorder});
  const reference::Model scalar(made.synthetic.config, made.synthetic.weights,
                                reference::Precision::f32(), SkipRule::zero);
  const Drift drift = measure_drift(scalar, golden_ids, recorder, logits);
  ASSERT_EQ(drift.blocks.size(), 4U);
  EXPECT_LT(drift.logits_largest, 1e-4);
  EXPECT_LT(drift.mean_kl, 1e-8);
  EXPECT_EQ(drift.argmax_differs, 0);
  EXPECT_EQ(drift.routed, 48);
  EXPECT_EQ(drift.followed, 0);  // smallest margin of the golden choices: .0044
}

TEST(Drift, CountsAChoiceThatWasFollowed) {
  Made made(kernels(), "t1");
  StreamRecorder recorder;
  SequenceStore store = made.model.make_store(1, 12);
  const SequenceChunk chunk{0, golden_ids};
  const KernelLogits logits = made.model.forward({&chunk, 1}, store, {.observer = &recorder});
  std::vector<float> stream(recorder.blocks()[3].residual);
  StreamRecorder other;
  for (std::size_t i = 0; i < 4; ++i) {
    RecordedBlock b = recorder.blocks()[i];
    if (i == 3) b.choice[11] = 1;  // golden: 0
    other.on_block(0, static_cast<std::int64_t>(i), b.residual, b.choice, b.probability);
  }
  const reference::Model scalar(made.synthetic.config, made.synthetic.weights,
                                reference::Precision::f32(), SkipRule::zero);
  const Drift drift = measure_drift(scalar, golden_ids, other, logits);
  EXPECT_EQ(drift.followed, 1);
  EXPECT_GE(drift.widest_followed, .0044);
  EXPECT_GT(drift.blocks[3].largest, 1e-2);  // the other expert's output
  EXPECT_LT(drift.blocks[2].largest, 1e-4);
}

}  // namespace
}  // namespace kernelgate::model
