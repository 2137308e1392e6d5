// Seeded bugs in router's native kernels (CMakeLists.txt). The source executor or verification
// rejects each bug under every seed; the unmodified kernels pass.
#include <string>
#include <vector>

#include "kernels/router/router_native.hpp"
#include "kernels/router/router_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

constexpr Trial five{"tokens=5,hidden=64,width=16,experts=4,eda=on,f32", DataMode::exact};

class RouterNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return found_without_plan<RouterCase>(GetParam(), entries, trial.axes, trial.mode,
                                          prepare_native_router);
  }
};

TEST_P(RouterNative, PassesWhereItsMutantsFail) { passes(router_source_entries(), {five}); }

TEST_P(RouterNative, LayersWithoutABarrierAreARace) {
  refused(router_unsynced_entries(), five, "race");
}

// Five tokens form a tile of four and a tile of one.
TEST_P(RouterNative, TilesTakenForWholeAreOutOfBounds) {
  refused(router_whole_tiles_entries(), five, "bounds");
}

// W3
TEST_P(RouterNative, SumsOver32LanesAreRefusedWhereWavesHave64) {
  refused_in_waves_of_64(router_wave_of_32_entries(), five);
}

// W5: lanes 32 to 63 repeat elements of other lanes.
TEST_P(RouterNative, StridesOf32LanesAreRefusedWhereWavesHave64) {
  constexpr Trial long_rows{"tokens=5,hidden=768,width=128,experts=4,eda=on,f32", DataMode::exact};
  refused_in_waves_of_64(router_strides_of_32_entries(), long_rows);
}

INSTANTIATE_TEST_SUITE_P(Widths, RouterNative, testing::Values(32, 64), device_label<int>);

}  // namespace
}  // namespace kernelgate
