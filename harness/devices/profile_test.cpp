// Tests that the profiles are complete and sourced, and the numbers that kernels have got wrong.
#include "harness/devices/profile.hpp"

#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/devices/unsupported_reason.hpp"

namespace kernelgate {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string file_of(std::string_view value, std::string_view source) {
  return "profile,field,value,source\nx,wave," + std::string(value) + "," + std::string(source) +
         "\n";
}

TEST(DeviceProfiles, AreTheOnesThatAreNamedEverywhere) {
  std::vector<std::string> names;
  for (const DeviceProfile& profile : device_profiles()) names.push_back(profile.name);
  EXPECT_THAT(names,
              ::testing::ElementsAre("nv-sm75", "nv-sm80", "nv-sm86", "nv-sm89", "nv-sm90",
                                     "nv-sm100", "nv-sm120", "amd-gfx90a", "amd-gfx942",
                                     "amd-gfx950", "amd-gfx1030", "amd-gfx1100", "amd-gfx1100-w64",
                                     "amd-gfx1151", "amd-gfx1201", "tiny", "wide"));
}

TEST(DeviceProfiles, AreFoundByNameAndByPlace) {
  for (std::size_t on = 0; on < device_profiles().size(); ++on) {
    const DeviceProfile& profile = device_profiles()[on];
    EXPECT_EQ(find_device_profile(profile.name), &profile);
    EXPECT_EQ(device_index(profile), on);
  }
  EXPECT_EQ(find_device_profile("nv-sm9"), nullptr);
}

TEST(DeviceProfiles, HaveASourceForEveryNumber) {
  EXPECT_EQ(profile_facts().size(), 17U * 23U);
  for (const ProfileFact& fact : profile_facts()) {
    EXPECT_FALSE(fact.source.empty()) << fact.profile << " " << fact.field;
  }
}

// Values without a vendor document are marked as assumed. Only those listed here may be assumed.
TEST(DeviceProfiles, AssumeTheSizesOfCacheAccessesAlone) {
  std::vector<std::string> assumed;
  for (const ProfileFact& fact : profile_facts()) {
    if (fact.source.find("assumed") == std::string::npos) continue;
    EXPECT_TRUE(fact.source.starts_with("assumed: ")) << fact.profile << " " << fact.field;
    assumed.push_back(fact.profile + " " + fact.field);
  }
  EXPECT_THAT(assumed, ::testing::ElementsAre("amd-gfx950 line", "amd-gfx1030 sector",
                                              "amd-gfx1100 line", "amd-gfx1100 sector",
                                              "amd-gfx1100-w64 line", "amd-gfx1100-w64 sector",
                                              "amd-gfx1151 line", "amd-gfx1151 sector",
                                              "amd-gfx1201 line", "amd-gfx1201 sector"));
}

// 64 banks serve wide reads. Accesses of 4 bytes per lane use 32 of them, as on earlier devices.
TEST(DeviceProfiles, GiveCdna4NoWiderPhaseOfFourBytes) {
  EXPECT_EQ(device_profile("amd-gfx950").lds_banks, 64);
  EXPECT_EQ(device_profile("amd-gfx950").lds_phase_4, device_profile("amd-gfx942").lds_phase_4);
  EXPECT_EQ(device_profile("amd-gfx950").lds_phase_8, 2 * device_profile("amd-gfx942").lds_phase_8);
}

TEST(DeviceProfiles, GiveCdna3SixtyFourKiBAndOnlyCdna4OneHundredAndSixty) {
  EXPECT_EQ(device_profile("amd-gfx942").lds_bytes, 65536);
  for (const DeviceProfile& profile : device_profiles()) {
    EXPECT_EQ(profile.lds_bytes == 163840, profile.name == "amd-gfx950") << profile.name;
  }
}

TEST(DeviceProfiles, GiveNvidiaBlocksTheCarveOutLessTheReservedKiB) {
  EXPECT_EQ(device_profile("nv-sm75").lds_bytes, 64 * 1024);
  EXPECT_EQ(device_profile("nv-sm80").lds_bytes, 163 * 1024);
  EXPECT_EQ(device_profile("nv-sm86").lds_bytes, 99 * 1024);
  EXPECT_EQ(device_profile("nv-sm90").lds_bytes, 227 * 1024);
  EXPECT_EQ(device_profile("nv-sm100").lds_bytes, 227 * 1024);
  EXPECT_EQ(device_profile("nv-sm120").lds_bytes, 99 * 1024);
  for (const DeviceProfile& profile : device_profiles()) {
    EXPECT_EQ(profile.lds_bytes, profile.lds_per_cu - profile.lds_reserved) << profile.name;
    if (profile.vendor == Vendor::nvidia) {
      EXPECT_EQ(profile.lds_default_bytes, 49152) << profile.name;
    }
  }
}

TEST(DeviceProfiles, AgreeWithThemselves) {
  for (const DeviceProfile& p : device_profiles()) {
    EXPECT_TRUE(p.wave == 32 || p.wave == 64) << p.name;
    EXPECT_EQ(p.waves_per_cu % p.simds_per_cu, 0) << p.name;
    EXPECT_GE(p.waves_per_cu * p.wave, p.max_threads) << p.name;
    EXPECT_LE(p.lds_default_bytes, p.lds_bytes) << p.name;
    EXPECT_EQ(p.regs_per_cu % (p.simds_per_cu * p.wave * p.regs_granule), 0) << p.name;
    // One phase transfers 4 bytes per bank.
    EXPECT_EQ(p.lds_phase_8 * 8, p.lds_banks * 4) << p.name;
    EXPECT_EQ(p.lds_phase_16 * 16, p.lds_banks * 4) << p.name;
  }
}

TEST(DeviceProfiles, HaveTheWavesOfTheirNames) {
  EXPECT_EQ(device_profile("amd-gfx942").wave, 64);
  EXPECT_EQ(device_profile("amd-gfx1100").wave, 32);
  EXPECT_EQ(device_profile("amd-gfx1100-w64").wave, 64);
  EXPECT_EQ(device_profile("amd-gfx1100-w64").arch, "gfx1100");
  EXPECT_EQ(device_profile("tiny").lds_bytes, 16384);
  EXPECT_EQ(device_profile("tiny").max_threads, 256);
  EXPECT_EQ(device_profile("wide").wave, 64);
  EXPECT_EQ(device_profile("wide").lds_bytes, device_profile("nv-sm80").lds_bytes);
}

TEST(DeviceProfiles, NameTheKnownOnesWhenAskedForAnother) {
  EXPECT_THAT([] { device_profile("gfx942"); },
              ThrowsMessage<BadInput>(HasSubstr("unknown device 'gfx942'; there are: nv-sm75,")));
}

TEST(DeviceProfiles, RefuseANumberWithoutASource) {
  const auto facts = read_profile_facts(file_of("32", ""), "x.csv");
  EXPECT_THAT([&] { profiles_from(facts); },
              ThrowsMessage<BadInput>(HasSubstr("profile 'x': wave = 32 has no source")));
}

TEST(DeviceProfiles, RefuseWhatIsNoNumberAndWhatIsMissing) {
  EXPECT_THAT([] { profiles_from(read_profile_facts(file_of("many", "book"), "x.csv")); },
              ThrowsMessage<BadInput>(HasSubstr("wave is 'many', expected a whole number")));
  EXPECT_THAT([] { profiles_from(read_profile_facts(file_of("32", "book"), "x.csv")); },
              ThrowsMessage<BadInput>(HasSubstr("field 'vendor' is missing")));
  EXPECT_THAT([] { read_profile_facts("profile,field\nx,wave\n", "x.csv"); },
              ThrowsMessage<BadInput>(HasSubstr("x.csv")));
}

TEST(UnsupportedReason, SaysHowMuchLdsIsNeededAndGiven) {
  const Needs needs{.wave = 32, .threads = 1024, .shared_bytes = 66032};
  EXPECT_EQ(unsupported_reason(needs, device_profile("amd-gfx1100")),
            "needs 66032 B of LDS, amd-gfx1100 gives 65536 B to a block");
  EXPECT_EQ(unsupported_reason(needs, device_profile("nv-sm90")), std::nullopt);
}

TEST(UnsupportedReason, AllowsExactlyTheLimit) {
  const Needs limit{.shared_bytes = 65536};
  EXPECT_EQ(unsupported_reason(limit, device_profile("amd-gfx942")), std::nullopt);
  EXPECT_NE(unsupported_reason({.shared_bytes = 65537}, device_profile("amd-gfx942")),
            std::nullopt);
  EXPECT_EQ(unsupported_reason({.shared_bytes = 163840}, device_profile("amd-gfx950")),
            std::nullopt);
}

TEST(UnsupportedReason, AsksForTheOptInAbove48KiB) {
  Needs needs{.shared_bytes = 49153, .lds_opt_in = LdsOptIn::not_made};
  EXPECT_EQ(unsupported_reason(needs, device_profile("nv-sm80")),
            "needs 49153 B of LDS, nv-sm80 gives 49152 B to a block without the opt-in, 166912 B "
            "with it");
  EXPECT_EQ(unsupported_reason(needs, device_profile("amd-gfx942")), std::nullopt);
  needs.lds_opt_in = LdsOptIn::made;
  EXPECT_EQ(unsupported_reason(needs, device_profile("nv-sm80")), std::nullopt);
}

TEST(UnsupportedReason, NamesEveryReason) {
  const Needs needs{.wave = 64,
                    .threads = 512,
                    .shared_bytes = 20000,
                    .registers = 300,
                    .matrix = MatrixFamily::mfma};
  EXPECT_EQ(unsupported_reason(needs, device_profile("tiny")),
            "is instantiated for waves of 64 lanes, tiny has 32; needs 512 threads, tiny gives 256 "
            "to a block; needs 20000 B of LDS, tiny gives 16384 B to a block; needs 300 registers, "
            "tiny gives 255 to a thread; needs matrix instructions mfma, tiny has none");
  EXPECT_EQ(unsupported_reason(needs, device_profile("amd-gfx942")), std::nullopt);
}

}  // namespace
}  // namespace kernelgate
