#include "harness/report/unsupported_reasons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernelgate {
namespace {

Record refused(const std::string& device, const std::string& type, const std::string& message) {
  Record record;
  record.kernel = "top_k";
  record.variant = "native/cdna3";
  record.backend = Backend::source;
  record.axes = "rows=1," + type;
  record.dtype = type;
  record.data = DataMode::exact;
  record.device = device;
  record.status = Status::unsupported;
  record.message = message;
  return record;
}

TEST(UnsupportedReasons, NameTheTypeOfAnInstanceForAllTypes) {
  EXPECT_EQ(reason_of(refused("tiny", "bf16", "slice<bf16,w64> is for bf16; merge<w64,bf16> too")),
            "slice<TYPE,w64> is for bf16; merge<w64,TYPE> too");
  EXPECT_EQ(reason_of(refused("tiny", "f16", "slice<bf16,w64> needs 3 f16")),
            "slice<bf16,w64> needs 3 f16");
  EXPECT_EQ(reason_of(refused("tiny", "f16", "")), "");
}

TEST(UnsupportedReasons, TellAReasonOnceForAVariantAndDevice) {
  UnsupportedReasons unsupported_reasons;
  EXPECT_EQ(unsupported_reasons.summary(), "");
  EXPECT_EQ(unsupported_reasons.describe(), "");
  unsupported_reasons.add(refused("nv-sm80", "f32", "slice<f32,w64> needs waves of 64"));
  unsupported_reasons.add(refused("nv-sm90", "f32", "slice<f32,w64> needs waves of 64"));
  unsupported_reasons.add(refused("nv-sm80", "bf16", "slice<bf16,w64> needs waves of 64"));
  unsupported_reasons.add(refused("nv-sm80", "bf16", "slice<bf16,w64> needs 9 B"));
  EXPECT_EQ(unsupported_reasons.summary(), "4 rows are unsupported, for 3 reasons");
  EXPECT_THAT(
      unsupported_reasons.describe(),
      ::testing::StartsWith("unsupported  top_k/native/cdna3  on nv-sm80  2 rows of bf16, f32\n"
                            "  reason   slice<TYPE,w64> needs waves of 64\n"
                            "  rerun    kernelgate check --case top_k/native/cdna3/rows=1,f32 "
                            "--data exact --backend source --device nv-sm80\n"
                            "unsupported  top_k/native/cdna3  on nv-sm90  1 row of f32\n"));
}

}  // namespace
}  // namespace kernelgate
