// Tests baselines of compiled metrics: exact comparison in both directions, only where a baseline
// exists.
#include "harness/resources/baseline.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "harness/core/temporary_folder.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

const ResourceRow row{"topk<f32,w32>", "nv-sm90", 40, 0, 0, 0, 2304, 48, "00112233aabbccdd"};

ResourceRow with(std::int64_t ResourceRow::*member, std::int64_t value) {
  ResourceRow changed = row;
  changed.*member = value;
  return changed;
}

fs::path scratch_file(const char* name) {
  const fs::path folder = temporary_folder() / "kernelgate_baseline_test";
  fs::remove_all(folder);
  return folder / name;
}

TEST(ResourceBaseline, FindsTheSameTheSame) {
  EXPECT_EQ(change_between(row, row).change, Change::same);
  EXPECT_EQ(change_between(row, row).words, "");
}

TEST(ResourceBaseline, CallsMoreOfAnythingWorse) {
  const ResourceChange registers = change_between(row, with(&ResourceRow::registers, 41));
  EXPECT_EQ(registers.change, Change::worse);
  EXPECT_EQ(registers.words, "registers 40 -> 41");
  EXPECT_EQ(change_between(row, with(&ResourceRow::spilled, 4)).change, Change::worse);
  EXPECT_EQ(change_between(row, with(&ResourceRow::scalars_in_lanes, 1)).change, Change::worse);
  EXPECT_EQ(change_between(row, with(&ResourceRow::scratch, 8)).change, Change::worse);
  EXPECT_EQ(change_between(row, with(&ResourceRow::lds_bytes, 2305)).change, Change::worse);
  EXPECT_EQ(change_between(row, with(&ResourceRow::waves, 40)).change, Change::worse);
}

TEST(ResourceBaseline, CallsLessBetter) {
  EXPECT_EQ(change_between(row, with(&ResourceRow::registers, 39)).change, Change::better);
  EXPECT_EQ(change_between(row, with(&ResourceRow::waves, 64)).change, Change::better);
}

TEST(ResourceBaseline, LetsNothingMakeUpForWhatIsWorse) {
  ResourceRow now = with(&ResourceRow::registers, 32);
  now.spilled = 12;
  EXPECT_EQ(change_between(row, now).change, Change::worse);
  EXPECT_EQ(change_between(row, now).words, "registers 40 -> 32, spilled 0 -> 12");
}

TEST(ResourceBaseline, TellsOtherCodeWithTheSameFigures) {
  ResourceRow now = row;
  now.code = "ffff";
  EXPECT_EQ(change_between(row, now).change, Change::code_alone);
}

TEST(ResourceBaseline, KnowsAKernelByItsTargetToo) {
  ResourceRow now = row;
  now.profile = "nv-sm80";
  EXPECT_EQ(compare_with(std::vector{row}, now).change, Change::added);
  EXPECT_EQ(compare_with(std::vector{row}, row).change, Change::same);
}

TEST(ResourceBaseline, ReadsBackWhatItWrote) {
  const fs::path file = scratch_file("nvcc-13.0.88.csv");
  ResourceRow first = row;
  first.kernel = "attention<bf16,w32>";
  first.lds_bytes = -1;
  write_baseline(file, {row, first});
  const auto read = read_baseline(file);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->front().kernel, "attention<bf16,w32>");  // sorted
  EXPECT_EQ(compare_with(*read, row).change, Change::same);
  EXPECT_EQ(compare_with(*read, first).change, Change::same);
}

TEST(ResourceBaseline, IsNoneForAnUnknownVersion) {
  EXPECT_EQ(read_baseline(scratch_file("nvcc-99.csv")), std::nullopt);
  EXPECT_EQ(baseline_file_name("clang", "22.1.9"), "clang-22.1.9.csv");
}

TEST(ResourceBaseline, RefusesAFileThatIsNone) {
  const fs::path file = scratch_file("nvcc-1.csv");
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "kernel,profile\nx,y\n";
  EXPECT_THROW(read_baseline(file), BadInput);
}

}  // namespace
}  // namespace kernelgate
