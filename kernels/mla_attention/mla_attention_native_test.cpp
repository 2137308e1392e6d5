// Tests of mla_attention's native kernels. They are correct for every number of splits and every
// launch of the merge. The source executor or verification rejects each seeded bug (CMakeLists.txt)
// under every seed and at both wave widths; the unmodified kernels pass.
#include <string>
#include <vector>

#include "kernels/mla_attention/mla_attention_native.hpp"
#include "kernels/mla_attention/mla_attention_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

constexpr auto parse = case_of<MlaAttentionCase>;

CheckResult judged(const JudgedCase<MlaAttentionCase>& on, NativeEntries entries,
                   SourceDevice& device, NativeMlaCut cut) {
  return on.check([&](const MlaAttentionCase& c, TensorSet& tensors) {
    return prepare_native_mla(c, tensors, device, NativeEntrySet(entries), cut);
  });
}

using AttentionTrial = CutTrial<NativeMlaCut>;

// More than two tiles of sixteen keys; the whole cache in one split.
constexpr AttentionTrial own_heads{
    "form=chunk,tokens=5,context=32,heads=2,rank=12,rope=8,nope=24,value_dim=17,f32",
    {.split_keys = 1024}};
constexpr AttentionTrial own_exact{own_heads.axes, own_heads.cut, DataMode::exact};
constexpr AttentionTrial latent{
    "form=chunk,keys=latent,tokens=3,context=32,heads=4,rank=24,rope=8,nope=24,f32",
    {.split_keys = 1024}};
constexpr AttentionTrial latent_exact{latent.axes, latent.cut, DataMode::exact};
constexpr AttentionTrial ragged{
    "form=decode,keys=latent,batch=3,context=50,heads=3,rank=24,rope=4,nope=8,cache=ragged,f32",
    {.split_keys = 20}};
constexpr AttentionTrial odd{"form=decode,keys=latent,context=20,heads=3,rank=24,rope=3,nope=8,f32",
                             {}};
// The merge in blocks of 64 threads, with fewer threads than elements.
constexpr AttentionTrial small_merge{ragged.axes,
                                     {.split_keys = 20, .merge_threads = 64, .merge_blocks = 2}};

class MlaAttentionNative : public SeededBugs<AttentionTrial> {
 protected:
  std::vector<std::string> found(NativeEntries entries,
                                 const AttentionTrial& trial) const override {
    const auto prepare = [&](const MlaAttentionCase& c, TensorSet& tensors, NativeDevice& device,
                             const NativeEntrySet& instances) {
      return prepare_native_mla(c, tensors, device, instances, trial.cut);
    };
    return found_without_plan<MlaAttentionCase>(GetParam(), entries, trial.axes, trial.mode,
                                                prepare, 4);
  }
};

TEST_P(MlaAttentionNative, PassesWhereItsMutantsFail) {
  for (const AttentionTrial& trial :
       {own_heads, own_exact, latent, latent_exact, ragged, odd, small_merge}) {
    passes(mla_attention_source_entries(), {trial});
  }
}

TEST_P(MlaAttentionNative, ARangeOneKeyOffIsIncorrect) {
  for (const AttentionTrial& trial : {latent, latent_exact}) {
    refused(mla_last_key_dropped_entries(), trial, "out[");
    refused(mla_one_key_more_entries(), trial, "out[");
  }
}

TEST_P(MlaAttentionNative, TheNextHeadsKeysAreIncorrect) {
  refused(mla_next_head_entries(), own_exact, "out[");
}

TEST_P(MlaAttentionNative, TheRotatedPartLeftOutIsIncorrect) {
  refused(mla_rope_missing_entries(), latent, "out[");
}

TEST_P(MlaAttentionNative, AFiniteMaskIsIncorrect) {
  refused(mla_finite_mask_entries(), latent_exact, "out[");
}

TEST_P(MlaAttentionNative, ValuesThatBeginLateInTheLatentAreIncorrect) {
  refused(mla_values_shifted_entries(), latent, "out[");
}

TEST_P(MlaAttentionNative, NarrowSumsAreIncorrect) {
  refused(mla_sums_narrow_entries(), latent, "out[");
}

// Unwritten rows contain NaN, and 0 NaN is NaN.
TEST_P(MlaAttentionNative, ReadingPastTheValidRowsIsRefused) {
  refused(mla_rows_unended_entries(), ragged);
}

TEST_P(MlaAttentionNative, SixteenBytesFromAnOddAddressAreRefused) {
  refused(mla_pieces_unaligned_entries(), odd, "align");
}

TEST_P(MlaAttentionNative, WithoutABarrierBetweenTilesIsRefused) {
  refused(mla_tile_unsynced_entries(), latent, "shared memory");
}

TEST_P(MlaAttentionNative, WeightsReadBeforeAllAreThereAreRefused) {
  refused(mla_weights_unsynced_entries(), latent, "shared memory");
}

TEST_P(MlaAttentionNative, AMergeThatForgetsTheMaximaIsIncorrect) {
  refused(mla_merge_unscaled_entries(), ragged, "out[");
}

TEST_P(MlaAttentionNative, AMergeThatCountsOnBlocksOf256IsIncorrect) {
  refused(mla_merge_of_256_entries(), small_merge);
}

TEST_P(MlaAttentionNative, IsRightForEverySplitCountAndEveryLaunchOfTheMerge) {
  for (const char* axes :
       {"form=decode,keys=latent,batch=3,context=70,heads=17,rank=24,rope=8,cache=ragged,f16",
        "form=chunk,batch=3,tokens=9,context=61,heads=2,rank=16,rope=8,nope=21,value_dim=24,"
        "cache=ragged,bf16"}) {
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      const JudgedCase<MlaAttentionCase> on(parse(axes), mode);
      for (const NativeMlaCut cut :
           {NativeMlaCut{1, 1, 5}, NativeMlaCut{7, 31}, NativeMlaCut{31, 32, 3},
            NativeMlaCut{32, 33}, NativeMlaCut{69, 255, 1}, NativeMlaCut{70, 256}}) {
        SourceDevice device(trial_device(GetParam()), {.checking = Checking::off});
        const CheckResult result = judged(on, mla_attention_plain_entries(), device, cut);
        EXPECT_EQ(result.status, Status::passed)
            << axes << " in splits of " << cut.split_keys << " keys, merged by blocks of "
            << cut.merge_threads << ": " << result.message;
      }
    }
  }
}

// The determinism claim of its plan: bit-identical results under every schedule.
TEST_P(MlaAttentionNative, GivesTheSameBitsUnderTwentySchedules) {
  for (const AttentionTrial& trial : {own_heads, ragged}) {
    const MlaAttentionCase c = parse(trial.axes);
    expect_same_bits(c, GetParam(), {"out"}, [&](TensorSet& tensors, SourceDevice& device) {
      return prepare_native_mla(c, tensors, device, NativeEntrySet(mla_attention_source_entries()),
                                trial.cut);
    });
  }
}

TEST(MlaAttentionNativePlan, CutsADecodeIntoSplitsOfItsOneTile) {
  const MlaAttentionCase decode = parse("form=decode,keys=latent,context=16384,bf16");
  const NativeMlaCut cut = native_mla_cut(decode);
  EXPECT_EQ(cut.split_keys, 128);
  const auto uses = native_mla_uses(decode, device_profile("amd-gfx942"), cut);
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].entry, "mla_attention_tile<bf16,latent,w64>");
  EXPECT_EQ(uses[0].grid, (std::array<std::int64_t, 3>{128, 1, 1}));
  EXPECT_EQ(uses[0].threads, 256);
  EXPECT_EQ(uses[1].entry, "mla_attention_merge<bf16,w64>");
  EXPECT_EQ(uses[1].grid[0], 16 * 512 / 256);
  const MlaAttentionCase prefill = parse("tokens=1024,bf16");
  const auto whole = native_mla_uses(prefill, device_profile("nv-sm90"), native_mla_cut(prefill));
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].grid, (std::array<std::int64_t, 3>{1024 / 32, 16, 1}));
}

TEST(MlaAttentionNativePlan, RefusesKeysLongerThanATile) {
  const NativeTrial trial("mla_attention", register_mla_attention_reference,
                          register_mla_attention_native, mla_attention_source_entries());
  const auto said_of = [&](const char* axes) {
    return trial.found("native", axes, DataMode::real, 32, 1).at(0);
  };
  EXPECT_THAT(
      said_of("form=decode,keys=latent,context=2,rank=640,f32"),
      ::testing::HasSubstr("latent keys of up to 576 components and values of up to 512, got 704"));
  EXPECT_THAT(said_of("tokens=2,nope=256,f32"), ::testing::HasSubstr("got 320 and 128"));
}

INSTANTIATE_TEST_SUITE_P(Waves, MlaAttentionNative, testing::Values(32, 64), device_label<int>);

}  // namespace
}  // namespace kernelgate
