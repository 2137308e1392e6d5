// Tests of mla_attention's native kernels. They are correct for every number of splits and every
// launch of the merge. The source executor or verification rejects each seeded bug (CMakeLists.txt)
// under every seed and at both wave widths; the unmodified kernels pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "harness/executors/native_trial.hpp"
#include "harness/verify/testing.hpp"
#include "kernels/mla_attention/mla_attention_native.hpp"

namespace kernelgate {

void register_mla_attention_reference(Registry& registry);
void register_mla_attention_native(Registry& registry);
NativeEntries mla_attention_source_entries();
NativeEntries mla_attention_plain_entries();
NativeEntries mla_latent_mla_one_key_more_entries();
NativeEntries mla_latent_mla_last_key_dropped_entries();
NativeEntries mla_expanded_mla_next_head_entries();
NativeEntries mla_latent_mla_rows_unended_entries();
NativeEntries mla_latent_mla_pieces_unaligned_entries();
NativeEntries mla_latent_mla_rope_missing_entries();
NativeEntries mla_latent_mla_finite_mask_entries();
NativeEntries mla_latent_mla_values_shifted_entries();
NativeEntries mla_latent_mla_sums_narrow_entries();
NativeEntries mla_latent_mla_tile_unsynced_entries();
NativeEntries mla_latent_mla_weights_unsynced_entries();
NativeEntries mla_latent_mla_merge_unscaled_entries();
NativeEntries mla_latent_mla_merge_of_256_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

MlaAttentionCase parse(const std::string& axes) {
  MlaAttentionCase c = MlaAttentionCase::axes().parse(axes);
  c.validate();
  return c;
}

CheckResult judged(const JudgedCase<MlaAttentionCase>& on, NativeEntries entries,
                   SourceDevice& device, NativeMlaCut cut) {
  return on.check([&](const MlaAttentionCase& c, TensorSet& tensors) {
    return prepare_native_mla(c, tensors, device, NativeEntrySet(entries), cut);
  });
}

struct Trial {
  const char* axes;
  NativeMlaCut cut;
  DataMode mode = DataMode::real;
};

// More than two tiles of sixteen keys; the whole cache in one split.
constexpr Trial own_heads{
    "form=chunk,tokens=5,context=32,heads=2,rank=12,rope=8,nope=24,value_dim=17,f32",
    {.split_keys = 1024}};
constexpr Trial own_exact{own_heads.axes, own_heads.cut, DataMode::exact};
constexpr Trial latent{
    "form=chunk,keys=latent,tokens=3,context=32,heads=4,rank=24,rope=8,nope=24,f32",
    {.split_keys = 1024}};
constexpr Trial latent_exact{latent.axes, latent.cut, DataMode::exact};
constexpr Trial ragged{
    "form=decode,keys=latent,batch=3,context=50,heads=3,rank=24,rope=4,nope=8,cache=ragged,f32",
    {.split_keys = 20}};
constexpr Trial odd{"form=decode,keys=latent,context=20,heads=3,rank=24,rope=3,nope=8,f32", {}};
// The merge in blocks of 64 threads, with fewer threads than elements.
constexpr Trial small_merge{ragged.axes,
                            {.split_keys = 20, .merge_threads = 64, .merge_blocks = 2}};

/// The diagnostics of each of four schedules, two of which also switch after 50 accesses.
std::vector<std::string> found(NativeEntries entries, int wave, const Trial& trial) {
  const JudgedCase<MlaAttentionCase> on(parse(trial.axes), trial.mode);
  std::vector<std::string> texts;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SourceDevice device(trial_device(wave),
                        {.seed = seed, .yield_every = seed % 2 == 0 ? 50U : 0U});
    texts.push_back(said(judged(on, entries, device, trial.cut)));
  }
  return texts;
}

class MlaAttentionNative : public testing::TestWithParam<int> {
 protected:
  static void refused(NativeEntries entries, const Trial& trial, const char* expected) {
    EXPECT_THAT(found(entries, GetParam(), trial), Each(HasSubstr(expected))) << trial.axes;
  }
};

TEST_P(MlaAttentionNative, PassesWhereItsMutantsFail) {
  for (const Trial& trial :
       {own_heads, own_exact, latent, latent_exact, ragged, odd, small_merge}) {
    EXPECT_THAT(found(mla_attention_source_entries(), GetParam(), trial), Each("")) << trial.axes;
  }
}

TEST_P(MlaAttentionNative, ARangeOneKeyOffIsIncorrect) {
  for (const Trial& trial : {latent, latent_exact}) {
    refused(mla_latent_mla_last_key_dropped_entries(), trial, "out[");
    refused(mla_latent_mla_one_key_more_entries(), trial, "out[");
  }
}

TEST_P(MlaAttentionNative, TheNextHeadsKeysAreIncorrect) {
  refused(mla_expanded_mla_next_head_entries(), own_exact, "out[");
}

TEST_P(MlaAttentionNative, TheRotatedPartLeftOutIsIncorrect) {
  refused(mla_latent_mla_rope_missing_entries(), latent, "out[");
}

TEST_P(MlaAttentionNative, AFiniteMaskIsIncorrect) {
  refused(mla_latent_mla_finite_mask_entries(), latent_exact, "out[");
}

TEST_P(MlaAttentionNative, ValuesThatBeginLateInTheLatentAreIncorrect) {
  refused(mla_latent_mla_values_shifted_entries(), latent, "out[");
}

TEST_P(MlaAttentionNative, NarrowSumsAreIncorrect) {
  refused(mla_latent_mla_sums_narrow_entries(), latent, "out[");
}

// Unwritten rows contain NaN, and 0 NaN is NaN.
TEST_P(MlaAttentionNative, ReadingPastTheValidRowsIsRefused) {
  EXPECT_THAT(found(mla_latent_mla_rows_unended_entries(), GetParam(), ragged), Each(Not("")));
}

TEST_P(MlaAttentionNative, SixteenBytesFromAnOddAddressAreRefused) {
  refused(mla_latent_mla_pieces_unaligned_entries(), odd, "align");
}

TEST_P(MlaAttentionNative, WithoutABarrierBetweenTilesIsRefused) {
  refused(mla_latent_mla_tile_unsynced_entries(), latent, "shared memory");
}

TEST_P(MlaAttentionNative, WeightsReadBeforeAllAreThereAreRefused) {
  refused(mla_latent_mla_weights_unsynced_entries(), latent, "shared memory");
}

TEST_P(MlaAttentionNative, AMergeThatForgetsTheMaximaIsIncorrect) {
  refused(mla_latent_mla_merge_unscaled_entries(), ragged, "out[");
}

TEST_P(MlaAttentionNative, AMergeThatCountsOnBlocksOf256IsIncorrect) {
  EXPECT_THAT(found(mla_latent_mla_merge_of_256_entries(), GetParam(), small_merge), Each(Not("")));
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
  for (const Trial& trial : {own_heads, ragged}) {
    const MlaAttentionCase c = parse(trial.axes);
    TensorSet before(c.tensors());
    c.fill(before, DataMode::real, 7);
    std::vector<std::byte> first;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      TensorSet tensors(c.tensors());
      tensors.copy_from(before);
      SourceDevice device(trial_device(GetParam()), {.seed = seed});
      const auto launch = prepare_native_mla(
          c, tensors, device, NativeEntrySet(mla_attention_source_entries()), trial.cut);
      launch->run();
      launch->fetch();
      const auto* out = static_cast<const std::byte*>(tensors["out"].data());
      const std::vector<std::byte> bits(
          out, out + tensors["out"].count() * size_bytes(tensors["out"].spec().type));
      if (seed == 0) first = bits;
      EXPECT_EQ(bits == first, true) << trial.axes << " seed " << seed;
    }
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
  EXPECT_THAT(said_of("form=decode,keys=latent,context=2,rank=640,f32"),
              HasSubstr("latent keys of up to 576 components and values of up to 512, got 704"));
  EXPECT_THAT(said_of("tokens=2,nope=256,f32"), HasSubstr("got 320 and 128"));
}

INSTANTIATE_TEST_SUITE_P(Waves, MlaAttentionNative, testing::Values(32, 64),
                         [](const auto& wave) { return "w" + std::to_string(wave.param); });

}  // namespace
}  // namespace kernelgate
