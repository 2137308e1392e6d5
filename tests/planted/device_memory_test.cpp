// Memory of a virtual device: bounds, garbage in fresh buffers, and records of freed buffers.
#include "harness/checker/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t small = 1ULL << 26;

std::uint64_t offset_of(const DeviceMemory& memory, const std::byte* p) {
  return static_cast<std::uint64_t>(p - memory.base());
}

TEST(DeviceMemory, BuffersAreAlignedAndApart) {
  DeviceMemory memory(Shadow::kept, small);
  const std::byte* a = memory.allocate(100, "a", 1);
  const std::byte* b = memory.allocate(1, "b", 2);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a) % 256, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b) % 256, 0U);
  EXPECT_GE(b - a, 100 + 256);
}

TEST(DeviceMemory, FreshBytesAreNoNumberInAnyFloatingType) {
  DeviceMemory memory(Shadow::kept, small);
  const std::byte* p = memory.allocate(1 << 12, "x", 3);
  for (std::size_t at = 0; at < 1 << 12; at += 8) {
    double d;
    float f[2];
    std::uint16_t h[4];
    std::memcpy(&d, p + at, 8);
    std::memcpy(f, p + at, 8);
    std::memcpy(h, p + at, 8);
    EXPECT_TRUE(std::isnan(d) && std::isnan(f[0]) && std::isnan(f[1]));
    for (const std::uint16_t half : h) {
      EXPECT_GT(half & 0x7FFFU, 0x7F80U);  // NaN in bf16 and, above 0x7C00, in f16
    }
  }
}

TEST(DeviceMemory, StatesFollowTheHost) {
  DeviceMemory memory(Shadow::kept, small);
  std::byte* p = memory.allocate(8, "x", 1);
  const std::uint8_t* state = memory.states() + offset_of(memory, p);
  EXPECT_EQ(state[-1], 0);
  EXPECT_EQ(state[0], 1);
  EXPECT_EQ(state[7], 1);
  EXPECT_EQ(state[8], 0);
  memory.written_by_host(p + 2, 3);
  EXPECT_EQ(state[1], 1);
  EXPECT_EQ(state[2], 2);
  EXPECT_EQ(state[4], 2);
  EXPECT_EQ(state[5], 1);
  memory.release(p);
  EXPECT_EQ(state[2], 0);
}

TEST(DeviceMemory, HostCopiesStayInsideOfABuffer) {
  DeviceMemory memory(Shadow::kept, small);
  std::byte* p = memory.allocate(8, "x", 1);
  EXPECT_NO_THROW(memory.written_by_host(p, 8));
  EXPECT_THROW(memory.written_by_host(p + 1, 8), std::logic_error);
  EXPECT_THROW(memory.read_by_host(p - 1, 1), std::logic_error);
  memory.release(p);
  EXPECT_THROW(memory.read_by_host(p, 1), std::logic_error);
  EXPECT_THROW(memory.release(p), std::logic_error);
  EXPECT_THROW(memory.release(p + 256), std::logic_error);
}

TEST(DeviceMemory, SaysWhereAnOffsetLies) {
  DeviceMemory memory(Shadow::kept, small);
  std::byte* a = memory.allocate(100, "first", 1);
  std::byte* b = memory.allocate(100, "second", 1);
  const std::uint64_t at = offset_of(memory, a);
  EXPECT_EQ(memory.describe(at + 99), "buffer first + 99 B");
  EXPECT_EQ(memory.describe(at + 104), "4 B past the end of buffer first (100 B)");
  EXPECT_EQ(memory.describe(offset_of(memory, b) - 8),
            "8 B before the start of buffer second (100 B)");
  memory.release(a);
  EXPECT_EQ(memory.describe(at), "freed buffer first + 0 B");
}

TEST(DeviceMemory, FreedBuffersAreUsedAgainOnlyWhenNothingElseIsLeft) {
  DeviceMemory memory(Shadow::kept, small);
  constexpr std::int64_t part = 10 << 20;  // of 64 MiB, of which 16 MiB are shared memory
  std::byte* kept = memory.allocate(1000, "kept", 1);
  std::byte* before = nullptr;
  for (int i = 0; i < 12; ++i) {
    std::byte* p = memory.allocate(part, "x", 1);
    EXPECT_NE(p, before);
    EXPECT_EQ(memory.describe(offset_of(memory, p)), "buffer x + 0 B");
    memory.release(p);
    before = p;
  }
  EXPECT_EQ(memory.describe(offset_of(memory, kept)), "buffer kept + 0 B");
}

TEST(DeviceMemory, SaysThatThereIsNoRoom) {
  DeviceMemory memory(Shadow::kept, small);
  try {
    memory.allocate(1LL << 30, "weights", 1);
    FAIL() << "allocated";
  } catch (const MissingResource& error) {
    EXPECT_THAT(error.what(), HasSubstr("no memory for buffer 'weights' of 1073741824 B"));
  }
}

TEST(DeviceMemory, RedZonesTellOfUnobservedWrites) {
  DeviceMemory memory(Shadow::none, small);
  std::byte* p = memory.allocate(100, "x", 1);
  EXPECT_EQ(memory.broken_guard_band(), std::nullopt);
  p[100] = std::byte{1};
  EXPECT_EQ(memory.broken_guard_band(), "a write past the end of buffer x (100 B)");
  p[100] = std::byte{0xA5};
  p[-1] = std::byte{1};
  EXPECT_EQ(memory.broken_guard_band(), "a write before the start of buffer x");
}

}  // namespace
}  // namespace kernelgate
