// Tests GpuDevice with a runtime in host memory whose "kernels" are functions.
#include "harness/executors/gpu/gpu_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {
namespace {

using testing::HasSubstr;

struct Calls {
  std::vector<std::int64_t> allowed;
  int launches = 0;
  std::int64_t live = 0;
  bool fails = false, lost = false;  // calls that wait for the device
};

class HostRuntime final : public GpuRuntime {
 public:
  explicit HostRuntime(Calls& calls) : calls_(calls) {}
  std::string description() const override { return "host memory"; }
  std::byte* allocate(std::int64_t bytes) override {
    ++calls_.live;
    return new std::byte[static_cast<std::size_t>(bytes)];
  }
  void release(std::byte* memory) noexcept override {
    --calls_.live;
    delete[] memory;
  }
  void to_device(std::byte* to, const std::byte* from, std::int64_t bytes) override {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
  }
  void to_host(std::byte* to, const std::byte* from, std::int64_t bytes) override {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
  }
  void fill(std::byte* memory, unsigned char value, std::int64_t bytes) override {
    std::memset(memory, value, static_cast<std::size_t>(bytes));
  }
  void launch(const void* function, const LaunchShape&, void** arguments) override {
    ++calls_.launches;
    reinterpret_cast<void (*)(void**)>(reinterpret_cast<std::uintptr_t>(function))(arguments);
  }
  void allow_shared(const void*, std::int64_t bytes) override { calls_.allowed.push_back(bytes); }
  void wait() override {
    if (calls_.fails) throw NativeFault("  device   wait answered IllegalAddress (700): text\n");
  }
  void mark_start() override {}
  double seconds_since_mark() override { return 0.25; }
  bool lost() noexcept override { return calls_.lost; }

 private:
  Calls& calls_;
};

// Adds one to `count` floats from `first` on.
void add_one(void** arguments) {
  float* x = *static_cast<float**>(arguments[0]);
  const std::int32_t first = *static_cast<std::int32_t*>(arguments[1]);
  const std::int32_t count = *static_cast<std::int32_t*>(arguments[2]);
  for (std::int32_t i = first; i < first + count; ++i) x[i] += 1;
}

NativeEntry entry_of(std::int64_t shared_bytes = 0, int wave = 32) {
  return {"add_one<f32>",
          reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(&add_one)),
          nullptr,
          wave,
          256,
          shared_bytes};
}

struct OnDevice {
  explicit OnDevice(const char* profile)
      : device(device_profile(profile), std::make_unique<HostRuntime>(calls)),
        x(reinterpret_cast<float*>(device.allocate(40, "x"))) {
    const std::vector<float> start(10, 1.0F);
    device.upload(reinterpret_cast<std::byte*>(x), reinterpret_cast<const std::byte*>(start.data()),
                  40);
  }
  std::vector<float> run(const NativeEntry& entry, std::int32_t first, std::int32_t count,
                         std::uint32_t threads = 64) {
    launch_kernel(device, entry, {{1, 1, 1}, threads, entry.shared_bytes}, x, first, count);
    device.finish();
    std::vector<float> result(10);
    device.download(reinterpret_cast<std::byte*>(result.data()),
                    reinterpret_cast<const std::byte*>(x), 40);
    return result;
  }
  std::string fault(const NativeEntry& entry, std::int32_t first, std::int32_t count,
                    std::uint32_t threads = 64) {
    try {
      run(entry, first, count, threads);
    } catch (const NativeFault& fault) {
      return fault.what();
    }
    return {};
  }

  Calls calls;
  GpuDevice device;
  float* x;
};

TEST(GpuDevice, RunsAKernelBetweenUploadAndDownload) {
  OnDevice on("nv-sm90");
  EXPECT_EQ(on.run(entry_of(), 2, 3), (std::vector<float>{1, 1, 2, 2, 2, 1, 1, 1, 1, 1}));
  EXPECT_EQ(on.device.stop_clock(), 0.25);
}

TEST(GpuDevice, GivesMemoryThatHoldsNoNumber) {
  OnDevice on("nv-sm90");
  std::byte* y = on.device.allocate(8, "y");
  float values[2] = {0, 0};
  on.device.download(reinterpret_cast<std::byte*>(values), y, 8);
  EXPECT_TRUE(values[0] != values[0] && values[1] != values[1]);
}

TEST(GpuDevice, SeesAWriteOnEitherSideOfABuffer) {
  EXPECT_THAT(OnDevice("nv-sm90").fault(entry_of(), 10, 1),
              testing::AllOf(HasSubstr("buffer 'x' of 40 bytes, at byte 4"),
                             HasSubstr("add_one<f32> on nv-sm90")));
  EXPECT_THAT(OnDevice("nv-sm90").fault(entry_of(), -1, 1), HasSubstr("at byte -"));
  EXPECT_EQ(OnDevice("nv-sm90").fault(entry_of(), 0, 10), "");
}

TEST(GpuDevice, RefusesBeforeTheLaunchInWordsWithBothNumbers) {
  OnDevice on("amd-gfx942");
  EXPECT_THAT(on.fault(entry_of(66032, 64), 0, 1),
              testing::AllOf(HasSubstr("66032"), HasSubstr("65536")));
  EXPECT_THAT(on.fault(entry_of(0, 32), 0, 1), HasSubstr("32"));
  EXPECT_THAT(on.fault(entry_of(0, 64), 0, 1, 512), HasSubstr("at most 256 threads"));
  NativeEntry listed = entry_of(0, 64);
  listed.function = nullptr;
  EXPECT_THAT(on.fault(listed, 0, 1), HasSubstr("no code of it"));
  EXPECT_EQ(on.calls.launches, 0);
}

TEST(GpuDevice, AsksOnceForSharedMemoryOverTheDefault) {
  OnDevice on("nv-sm90");
  on.run(entry_of(48 * 1024), 0, 1);
  EXPECT_TRUE(on.calls.allowed.empty());
  on.run(entry_of(100 * 1024), 0, 1);
  on.run(entry_of(100 * 1024), 0, 1);
  EXPECT_EQ(on.calls.allowed, std::vector<std::int64_t>{100 * 1024});
}

TEST(GpuDevice, TellsALostDeviceFromACallThatFailed) {
  OnDevice on("nv-sm90");
  on.calls.fails = true;
  EXPECT_THROW(on.device.finish(), NativeFault);
  on.calls.lost = true;
  try {
    on.run(entry_of(), 0, 1);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const DeviceLost& lost) {
    EXPECT_STREQ(lost.what(),
                 "device nv-sm90 lost: device   wait answered IllegalAddress (700): text");
    EXPECT_EQ(lost.exit_code(), ExitCode::device_lost);
  }
}

TEST(GpuDevice, ReturnsItsMemory) {
  Calls calls;
  {
    GpuDevice device(device_profile("tiny"), std::make_unique<HostRuntime>(calls));
    std::byte* a = device.allocate(1, "a");
    device.allocate(0, "b");
    device.release(a);
    EXPECT_THROW(device.release(a), NativeFault);
    EXPECT_EQ(calls.live, 1);
  }
  EXPECT_EQ(calls.live, 0);
}

TEST(AmdTarget, IsTheCompilersNameOfTheDriversNumber) {
  EXPECT_EQ(amd_target(90402), "gfx942");
  EXPECT_EQ(amd_target(90010), "gfx90a");
  EXPECT_EQ(amd_target(110000), "gfx1100");
  EXPECT_EQ(amd_target(110501), "gfx1151");
  EXPECT_EQ(amd_target(120001), "gfx1201");
  EXPECT_EQ(amd_target(90500), "gfx950");
}

TEST(OpenGpu, SaysInWordsWhyThereIsNone) {
  // This holds with and without the backends in the build, as long as the machine has no device.
  for (const auto& open : {open_cuda, open_hip}) {
    try {
      EXPECT_NE(open(), nullptr);
    } catch (const NoDevice& reason) {
      EXPECT_THAT(reason.what(), testing::AnyOf(HasSubstr("no backend"), HasSubstr("device here")));
    }
  }
}

}  // namespace
}  // namespace kernelgate
