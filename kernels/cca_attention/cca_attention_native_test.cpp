// Tests of cca_attention's native kernels. They are correct for every number of splits. The source
// executor or verification rejects each seeded bug (CMakeLists.txt) under every seed and at both
// wave widths; the unmodified kernels pass.
#include <string>
#include <vector>

#include "kernels/cca_attention/cca_attention_native.hpp"
#include "kernels/cca_attention/cca_attention_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

constexpr auto parse = case_of<CcaAttentionCase>;

CheckResult judged(const JudgedCase<CcaAttentionCase>& on, NativeEntries entries,
                   SourceDevice& device, NativeAttentionCut cut) {
  return on.check([&](const CcaAttentionCase& c, TensorSet& tensors) {
    return prepare_native_attention(c, tensors, device, NativeEntrySet(entries), cut);
  });
}

using AttentionTrial = CutTrial<NativeAttentionCut>;

constexpr AttentionTrial tile{
    "form=chunk,tokens=20,context=60,heads=4,kv_heads=2,head_dim=20,mask=sliding,window=50,f32",
    {.way = AttentionWay::tile}};
constexpr AttentionTrial tile_exact{tile.axes, {.way = AttentionWay::tile}, DataMode::exact};
constexpr AttentionTrial matrix{
    "form=chunk,tokens=20,context=60,heads=4,kv_heads=2,head_dim=20,mask=sliding,window=50,bf16",
    {.way = AttentionWay::matrix}};
constexpr AttentionTrial matrix_exact{matrix.axes, {.way = AttentionWay::matrix}, DataMode::exact};
constexpr AttentionTrial split{
    "form=decode,batch=3,context=150,heads=4,kv_heads=2,head_dim=20,mask=sliding,window=140,f32",
    {.split_keys = 64}};
constexpr AttentionTrial ragged{
    "form=decode,batch=3,context=150,heads=4,kv_heads=2,head_dim=20,cache=ragged,f32",
    {.split_keys = 64}};
constexpr AttentionTrial long_split{split.axes, {.split_keys = 1024}};
constexpr AttentionTrial split_exact{split.axes, {.split_keys = 64}, DataMode::exact};

class CcaAttentionNative : public SeededBugs<AttentionTrial> {
 protected:
  std::vector<std::string> found(NativeEntries entries,
                                 const AttentionTrial& trial) const override {
    const auto prepare = [&](const CcaAttentionCase& c, TensorSet& tensors, NativeDevice& device,
                             const NativeEntrySet& instances) {
      return prepare_native_attention(c, tensors, device, instances, trial.cut);
    };
    return found_without_plan<CcaAttentionCase>(GetParam(), entries, trial.axes, trial.mode,
                                                prepare);
  }
};

TEST_P(CcaAttentionNative, PassesWhereItsMutantsFail) {
  for (const AttentionTrial& trial :
       {tile, tile_exact, matrix, matrix_exact, split, split_exact, long_split, ragged}) {
    passes(cca_attention_source_entries(), {trial});
  }
}

TEST_P(CcaAttentionNative, WithoutABarrierBetweenTilesIsRefused) {
  refused(attn_tile_unsynced_entries(), tile, "shared memory");
}

TEST_P(CcaAttentionNative, WeightsReadWithoutWaitingForTheWaveAreRefused) {
  refused(attn_wave_synchronous_entries(), tile, "shared memory");
}

TEST_P(CcaAttentionNative, ASplitWithoutABarrierAfterItsSumsIsARace) {
  refused(attn_split_unsynced_entries(), long_split, "race");
}

TEST_P(CcaAttentionNative, AMatrixTileOverwrittenTooEarlyIsRefused) {
  refused(attn_matrix_unsynced_entries(), matrix, "shared memory");
}

// Weights as one bf16 each, although the definition keeps them in f32.
TEST_P(CcaAttentionNative, WeightsRoundedToStorageAreIncorrect) {
  refused(attn_matrix_one_part_entries(), matrix, "out[");
}

// A7
TEST_P(CcaAttentionNative, AWindowOneKeyTooLongIsIncorrect) {
  for (const AttentionTrial& trial : {tile, tile_exact, split, split_exact, matrix}) {
    refused(attn_window_longer_entries(), trial, "out[");
  }
}

// A9
TEST_P(CcaAttentionNative, AFiniteMaskIsIncorrect) {
  refused(attn_finite_mask_entries(), tile_exact, "out[");
}

// Unwritten rows contain NaN, and 0 NaN is NaN.
TEST_P(CcaAttentionNative, ReadingPastTheValidRowsIsIncorrect) {
  refused(attn_rows_unended_entries(), ragged);
}

// W4: splits merged as if their weights had the same base.
TEST_P(CcaAttentionNative, AMergeThatForgetsTheMaximaIsIncorrect) {
  refused(attn_merge_unscaled_entries(), split, "out[");
}

TEST_P(CcaAttentionNative, AMergeThatLeavesOutTheLastSplitIsIncorrect) {
  refused(attn_merge_skips_entries(), split, "out[");
}

TEST_P(CcaAttentionNative, IsRightForEverySplitCount) {
  for (const char* axes :
       {"form=decode,batch=3,context=130,heads=4,kv_heads=2,head_dim=20,cache=ragged,f32",
        "form=chunk,batch=2,tokens=9,context=60,heads=3,kv_heads=1,head_dim=16,mask=sliding,"
        "window=40,cache=ragged,bf16"}) {
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      const JudgedCase<CcaAttentionCase> on(parse(axes), mode);
      for (const std::int64_t keys : {1, 7, 63, 64, 65, 69, 129, 130, 131}) {
        SourceDevice device(trial_device(GetParam()), {.checking = Checking::off});
        const CheckResult result =
            judged(on, cca_attention_plain_entries(), device, {.split_keys = keys});
        EXPECT_EQ(result.status, Status::passed)
            << axes << " in splits of " << keys << " keys: " << result.message;
      }
    }
  }
}

// The determinism claim of its plan: bit-identical results under every schedule.
TEST_P(CcaAttentionNative, GivesTheSameBitsUnderTwentySchedules) {
  for (const AttentionTrial& trial : {tile, split, matrix}) {
    const CcaAttentionCase c = parse(trial.axes);
    expect_same_bits(c, GetParam(), {"out"}, [&](TensorSet& tensors, SourceDevice& device) {
      return prepare_native_attention(c, tensors, device,
                                      NativeEntrySet(cca_attention_source_entries()), trial.cut);
    });
  }
}

// K1 for attention: the limits of a small device are checked before the launch.
TEST(CcaAttentionNativePlan, TakesSplitsWhereATileDoesNotFit) {
  const CcaAttentionCase c = parse("tokens=40,heads=8,kv_heads=2,head_dim=128,f32");
  EXPECT_EQ(native_attention_cut(c, device_profile("nv-sm90")).way, AttentionWay::tile);
  // 53,248 B of 64 KiB
  EXPECT_EQ(native_attention_cut(c, device_profile("amd-gfx942")).way, AttentionWay::tile);
  EXPECT_EQ(native_attention_cut(c, device_profile("tiny")).way, AttentionWay::split);
  const CcaAttentionCase decode = parse("form=decode,context=16384,heads=8,kv_heads=2,bf16");
  const NativeAttentionCut cut = native_attention_cut(decode, device_profile("nv-sm90"));
  EXPECT_EQ(cut.way, AttentionWay::split);
  EXPECT_EQ(cut.split_keys, 128);  // 128 splits of 2 kv heads
  const auto uses = native_attention_uses(decode, device_profile("nv-sm90"), cut);
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].entry, "cca_attention_split<bf16,128,w32>");
  EXPECT_EQ(uses[0].grid, (std::array<std::int64_t, 3>{128, 2, 1}));
  EXPECT_EQ(uses[1].grid[0], 8 * 128 / 256);
}

INSTANTIATE_TEST_SUITE_P(Waves, CcaAttentionNative, testing::Values(32, 64), device_label<int>);

}  // namespace
}  // namespace kernelgate
