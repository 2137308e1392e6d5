// Tests that every spill is allowed by a list with a reason: the rule itself, and the committed
// baselines under it.
#include "harness/resources/allowed_spills.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "harness/core/temporary_folder.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ResourceRow clean{"topk<f32,w64>", "amd-gfx942", 40, 0, 0, 0, 2304, 32, "00112233aabbccdd"};
const AllowedSpill ten_scalars{"topk<f32,w64>", "amd-gfx942", 10, 0, "scalar registers"};

ResourceRow with(std::int64_t spilled, std::int64_t scratch) {
  ResourceRow row = clean;
  row.spilled = spilled;
  row.scratch = scratch;
  return row;
}

// Rows of native kernels. Kokkos kernels, whose baselines are in folders, may spill what their
// baseline spills.
std::vector<ResourceRow> committed_rows() {
  std::vector<ResourceRow> all;
  for (const auto& file : fs::directory_iterator(KERNELGATE_SOURCE_DIR "/results/resources")) {
    if (file.is_directory()) continue;
    const auto rows = read_baseline(file.path());
    all.insert(all.end(), rows->begin(), rows->end());
  }
  return all;
}

fs::path list_of(const char* rows) {
  const fs::path file = temporary_folder() / "kernelgate_allowed_spills_test.csv";
  std::ofstream(file) << "kernel,profile,spilled,scratch,reason\n" << rows;
  return file;
}

TEST(AllowedSpills, CoverAllThatTheCommittedBaselinesSpill) {
  const std::vector<ResourceRow> rows = committed_rows();
  EXPECT_GT(rows.size(), 1000U);  // both compilers' files were read
  EXPECT_THAT(refused_spills(rows, all_allowed_spills(KERNELGATE_SOURCE_DIR)), IsEmpty());
}

TEST(AllowedSpills, AreNotWideEnoughForASpillThatIsPlantedInTheBaseline) {
  std::vector<ResourceRow> rows = committed_rows();
  const std::vector<AllowedSpill> allowed = all_allowed_spills(KERNELGATE_SOURCE_DIR);
  for (ResourceRow& row : rows) {
    const ResourceRow was = row;
    row.spilled += 4;
    EXPECT_THAT(refused_spills(rows, allowed), ElementsAre(HasSubstr(row.kernel)));
    row = was;
    row.scratch += 8;
    EXPECT_THAT(refused_spills(rows, allowed), ElementsAre(HasSubstr(row.profile)));
    row = was;
    if (&row - rows.data() >= 50) break;  // fifty rows suffice
  }
}

TEST(AllowedSpills, AreNoneWithoutAList) {
  EXPECT_THAT(refused_spills(std::vector{clean}, {}), IsEmpty());
  EXPECT_THAT(refused_spills(std::vector{with(8, 0)}, {}),
              ElementsAre(HasSubstr("topk<f32,w64> for amd-gfx942: got 8 spilled and 0 B of "
                                    "scratch, allowed 0 and 0 B")));
  EXPECT_THAT(refused_spills(std::vector{with(0, 16)}, {}), SizeIs(1));
}

TEST(AllowedSpills, EndAtTheirNumberAndTheirTarget) {
  const std::vector allowed{ten_scalars};
  EXPECT_THAT(refused_spills(std::vector{with(10, 0)}, allowed), IsEmpty());
  EXPECT_THAT(refused_spills(std::vector{with(11, 0)}, allowed), SizeIs(1));
  EXPECT_THAT(refused_spills(std::vector{with(10, 8)}, allowed), SizeIs(1));
  ResourceRow elsewhere = with(10, 0);
  elsewhere.profile = "amd-gfx950";
  EXPECT_THAT(refused_spills(std::vector{with(10, 0), elsewhere}, allowed),
              ElementsAre(HasSubstr("amd-gfx950")));
}

TEST(AllowedSpills, AreStruckOffWhereNothingSpillsAnyMore) {
  EXPECT_THAT(refused_spills(std::vector{clean}, std::vector{ten_scalars}),
              ElementsAre(HasSubstr("remove it from the list")));
}

TEST(AllowedSpills, NeedAReasonAndASpill) {
  const auto read =
      read_allowed_spills(list_of("\"a<f32,w32>\",nv-sm90,4,8,\"why it may spill\"\n"));
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read.front().kernel, "a<f32,w32>");
  EXPECT_EQ(read.front().scratch, 8);
  EXPECT_EQ(read.front().reason, "why it may spill");
  EXPECT_THROW(read_allowed_spills(list_of("\"a<f32,w32>\",nv-sm90,4,8,\n")), BadInput);
  EXPECT_THROW(read_allowed_spills(list_of("\"a<f32,w32>\",nv-sm90,0,0,why\n")), BadInput);
  EXPECT_THROW(read_allowed_spills(list_of("\"a<f32,w32>\",nv-sm90,x,0,why\n")), BadInput);
}

}  // namespace
}  // namespace kernelgate
