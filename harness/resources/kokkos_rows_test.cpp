// Tests rows of Kokkos kernels: one name per functor on every compiler, and the gate that rejects a
// functor that got worse.
#include "harness/resources/kokkos_rows.hpp"

#include <gmock/gmock.h>

namespace kernelgate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Symbols from nvcc and clang for kernels/residual_norm and kernels/bias_balance.
const char* const norm_by_nvcc =
    "_ZN6Kokkos4Impl33cuda_parallel_launch_local_memoryINS0_11ParallelForIN10kernelgate57_GLOBAL__N"
    "__ecf0e64a_24_residual_norm_kokkos_cpp_4bac2a7019ResidualNormFunctorINS3_4bf16EEENS_10TeamPoli"
    "cyIJNS_4CudaEEEES9_EEEEvT_";
const char* const norm_by_clang =
    "_ZN6Kokkos4ImplL32hip_parallel_launch_local_memoryINS0_11ParallelForIN10kernelgate12_GLOBAL__N"
    "_119ResidualNormFunctorINS3_4bf16EEENS_10TeamPolicyIJNS_3HIPEEEES9_EEEEvT_";
const char* const lambda_by_nvcc =
    "_ZN6Kokkos4Impl33cuda_parallel_launch_local_memoryINS0_11ParallelForIZZN54_INTERNAL_50e17462_2"
    "3_bias_balance_kokkos_cpp_0ce75d8a10kernelgate56_GLOBAL__N__50e17462_23_bias_balance_kokkos_cp"
    "p_0ce75d8a6launchERKNS4_15BiasBalanceCaseERNS4_9TensorSetEENKUlvE_clEvEUllE_NS_11RangePolicyIJ"
    "NS_4CudaENS_9IndexTypeIlEEEEESE_EEEEvT_";
const char* const lambda_by_clang =
    "_ZN6Kokkos4ImplL32hip_parallel_launch_local_memoryINS0_11ParallelForIZZN10kernelgate12_GLOBAL_"
    "_N_16launchERKNS3_15BiasBalanceCaseERNS3_9TensorSetEENKUlvE_clEvEUllE_NS_11RangePolicyIJNS_3HI"
    "PENS_9IndexTypeIlEEEEESD_EEEEvT_";
const char* const fill_of_kokkos =
    "_ZN6Kokkos4ImplL32hip_parallel_launch_local_memoryINS0_11ParallelForINS0_8ViewFillINS_4ViewIPl"
    "JNS_10LayoutLeftENS_6DeviceINS_3HIPENS_14AnonymousSpaceEEENS_12MemoryTraitsILj0EEEEEENS_11Layo"
    "utRightES8_Li1EiEENS_11RangePolicyIJS8_NS_9IndexTypeIiEENS_12Experimental15StaticBatchSizeILj4"
    "EEEEEES8_EEEEvT_";
// Made for this test, with functors of these types.
const char* const rows_of_the_shape =  // Rows<DeviceShape, bf16, Kind::b, true>
    "_ZN6Kokkos4Impl32hip_parallel_launch_local_memoryINS0_11ParallelForIN10kernelgate12_GLOBAL__N_"
    "14RowsINS3_12device_packs11DeviceShapeENS3_4bf16ELNS3_4KindE1ELb1EEENS_10TeamPolicyIJNS_3HIPEE"
    "EESC_EEEEvT_";
const char* const tile_of_a_shape =  // Tile<LinearTile<DeviceShape>>
    "_ZN6Kokkos4Impl32hip_parallel_launch_local_memoryINS0_11ParallelForIN10kernelgate12_GLOBAL__N_"
    "14TileINS3_12device_packs10LinearTileINS6_11DeviceShapeEEEEENS_10TeamPolicyIJNS_3HIPEEEESC_EEE"
    "EvT_";
const char* const tile_of_my_shape =  // Tile<MyDeviceShape>
    "_ZN6Kokkos4Impl32hip_parallel_launch_local_memoryINS0_11ParallelForIN10kernelgate12_GLOBAL__N_"
    "14TileINS3_13MyDeviceShapeEEENS_10TeamPolicyIJNS_3HIPEEEES9_EEEEvT_";
const char* const lambda_of_a_template =  // in auto run<bf16>(int, bf16*)
    "_ZN6Kokkos4Impl32hip_parallel_launch_local_memoryINS0_11ParallelForIZN10kernelgate12_GLOBAL__N"
    "_13runINS3_4bf16EEEDaiPT_EUllE_NS_10TeamPolicyIJNS_3HIPEEEESB_EEEEvS7_";
const char* const bounded_reduction =  // of Sum<float, DeviceShape>, with launch bounds
    "_ZN6Kokkos4Impl35hip_parallel_launch_constant_memoryINS0_14ParallelReduceINS0_22CombinedFuncto"
    "rReducerIN10kernelgate12device_packs3SumIfNS5_11DeviceShapeEEENS0_7ReducerEvEENS_11RangePolicy"
    "IJNS_3HIPEEEESC_EELj256ELj1EEEvT_";

const DeviceObject object{"residual_norm",
                          "nv-sm90",
                          "/build/device/kokkos/residual_norm/residual_norm_kokkos.nv-sm90.o",
                          "",
                          "nvcc",
                          "13.0.88"};

CompiledKernel compiled(const char* symbol) {
  CompiledKernel kernel;
  kernel.symbol = symbol;
  kernel.registers = 48;
  kernel.scratch = 16;
  kernel.wave = 32;
  kernel.static_lds = 48;
  kernel.code_hash = 7;
  return kernel;
}

std::vector<ResourceRow> rows_of(std::vector<CompiledKernel> kernels) {
  return kokkos_rows(object, kernels);
}

TEST(KokkosRows, NameAFunctorAlikeOnBothCompilers) {
  EXPECT_EQ(kokkos_functor(norm_by_nvcc), "ResidualNormFunctor<bf16>");
  EXPECT_EQ(kokkos_functor(norm_by_clang), "ResidualNormFunctor<bf16>");
  EXPECT_EQ(kokkos_functor(lambda_by_nvcc), "launch::lambda#1::lambda#1");
  EXPECT_EQ(kokkos_functor(lambda_by_clang), "launch::lambda#1::lambda#1");
  EXPECT_EQ(kokkos_functor(lambda_of_a_template), "run<bf16>::lambda#1");
}

TEST(KokkosRows, NameAFunctorWithoutTheShapeThatAllOfADeviceHave) {
  EXPECT_EQ(kokkos_functor(rows_of_the_shape), "Rows<bf16, (Kind)1, true>");
  EXPECT_EQ(kokkos_functor(tile_of_a_shape), "Tile<LinearTile>");
  EXPECT_EQ(kokkos_functor(tile_of_my_shape), "Tile<MyDeviceShape>");
}

TEST(KokkosRows, NameTheFunctorOfAReduction) {
  EXPECT_EQ(kokkos_functor(bounded_reduction), "Sum<float>");
}

TEST(KokkosRows, LeaveOutWhatIsKokkosOwn) {
  EXPECT_EQ(kokkos_functor(fill_of_kokkos), std::nullopt);
  EXPECT_EQ(kokkos_functor("_ZN10kernelgate3hip5topicILi64EEEvPKj"), std::nullopt);
  EXPECT_EQ(kokkos_functor("no symbol"), std::nullopt);
  EXPECT_THAT(rows_of({compiled(fill_of_kokkos)}), IsEmpty());
}

TEST(KokkosRows, BeginWithTheKernelAndTheUnit) {
  EXPECT_EQ(kokkos_unit(object), "residual_norm/kokkos/");
  DeviceObject other = object;
  other.object = "/build/gate_up_kokkos.nv-sm90.o";
  EXPECT_EQ(kokkos_unit(other), "residual_norm/gate_up_kokkos/");
  const auto rows = rows_of({compiled(norm_by_nvcc)});
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].kernel, "residual_norm/kokkos/ResidualNormFunctor<bf16>");
  EXPECT_EQ(kokkos_unit(rows[0]), "residual_norm/kokkos/");
}

// 48 registers per thread: 65536 / (48 x 32) = 42 warps, 10 in each of four sub-partitions, so 10
// blocks of four warps fit.
TEST(KokkosRows, HaveTheWavesOfTeamsOf128Threads) {
  const auto rows = rows_of({compiled(norm_by_nvcc)});
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].profile, "nv-sm90");
  EXPECT_EQ(rows[0].registers, 48);
  EXPECT_EQ(rows[0].scratch, 16);
  EXPECT_EQ(rows[0].lds_bytes, 48);
  EXPECT_EQ(rows[0].waves, 40);
  EXPECT_EQ(rows[0].code, "0000000000000007");
}

TEST(KokkosRows, TakeTheWorstLaunchOfAFunctor) {
  CompiledKernel other = compiled(norm_by_clang);
  other.registers = 40;
  other.spilled = 12;
  other.scalars_in_lanes = 7;
  const auto rows = rows_of({compiled(norm_by_nvcc), other});
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].registers, 48);
  EXPECT_EQ(rows[0].spilled, 12);
  EXPECT_EQ(rows[0].scalars_in_lanes, 7);
  EXPECT_EQ(rows[0].waves, 40);
  EXPECT_EQ(rows[0].code, "000000000000000e");
}

TEST(KokkosRows, AreWorseWithOneMoreSpillOrRegister) {
  const auto baseline = rows_of({compiled(norm_by_nvcc)});
  CompiledKernel planted = compiled(norm_by_nvcc);
  planted.spilled = 4;
  EXPECT_EQ(compare_with(baseline, rows_of({planted})[0]).change, Change::worse);
  planted = compiled(norm_by_nvcc);
  planted.registers = 49;  // in granules of 8: 56, so that 9 blocks fit
  const ResourceChange change = compare_with(baseline, rows_of({planted})[0]);
  EXPECT_EQ(change.change, Change::worse);
  EXPECT_EQ(change.words, "registers 48 -> 49, waves 40 -> 36");
  planted = compiled(norm_by_nvcc);
  planted.scratch = 24;
  EXPECT_EQ(compare_with(baseline, rows_of({planted})[0]).change, Change::worse);
}

TEST(KokkosRows, OfOtherNamesAreComparedByTheWorstOfTheirUnit) {
  const ResourceRow before{"top_k/kokkos/Blocks<float>", "nv-sm90", 64, 0, 0, 0, 48, 32, "a"};
  ResourceRow smaller{"top_k/kokkos/Slices<float>", "nv-sm90", 40, 0, 0, 0, 48, 48, "b"};
  ResourceRow larger{"top_k/kokkos/Slices<bf16>", "nv-sm90", 72, 0, 0, 0, 48, 28, "c"};
  const ResourceRow elsewhere{"linear/kokkos/Tiles<bf16>", "nv-sm90", 99, 9, 9, 9, 48, 8, "d"};
  const std::vector gone{before};
  EXPECT_THAT(
      renamed_functors(gone, std::vector{smaller, larger, elsewhere}),
      ElementsAre("top_k/kokkos/* for nv-sm90, worst of the gone and worst of the new functors: "
                  "registers 64 -> 72, waves 32 -> 28"));
  EXPECT_THAT(renamed_functors(gone, std::vector{elsewhere}), IsEmpty());
  larger.profile = "nv-sm80";
  EXPECT_THAT(renamed_functors(gone, std::vector{smaller, larger}),
              ElementsAre(HasSubstr("registers 64 -> 40, waves 32 -> 48")));
  smaller.registers = 64;
  smaller.waves = 32;
  EXPECT_THAT(renamed_functors(gone, std::vector{smaller}), ElementsAre(HasSubstr("the same")));
}

}  // namespace
}  // namespace kernelgate
