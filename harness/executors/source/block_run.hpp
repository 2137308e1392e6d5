// State of the blocks that run now: their threads as fibers, and what each fiber waits for.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "harness/checker/clock.hpp"
#include "harness/executors/source/fiber.hpp"
#include "harness/executors/source/kernel_api.hpp"
#include "harness/executors/source/wave_log.hpp"

namespace kernelgate {

struct BlockRun;
struct WaveRun;

/// The kind of barrier or operation that a fiber waits for.
enum class Waits : std::uint8_t { nothing, block, wave };

struct Fiber {
  FiberState state = nullptr;
  std::uint32_t thread = 0;
  std::uint32_t position = 0;  // in its wave's order
  Actor* actor = nullptr;
  BlockRun* block = nullptr;
  WaveRun* wave = nullptr;
  std::size_t stack = 0;
  Waits waits = Waits::nothing;
  std::uint64_t steps = 0;  // credited so far (step_count.hpp)
  source_api::Site site{};
  // Repeated atomic reads of one value at one address.
  const void* spin_address = nullptr;
  std::uint64_t spin_value = 0;
  std::uint32_t spins = 0;
};

struct WaveRun {
  BlockRun* block = nullptr;
  std::unique_ptr<WaveLog> log;  // only of counted waves
  WaveClock* clock = nullptr;
  std::uint32_t ring = 0;     // index in the order of all waves
  std::uint64_t ready = 0;    // bits by position
  std::uint64_t arrived = 0;  // bits by lane: waiting at a wave operation
  std::array<std::uint8_t, 64> lane_at{};
  std::array<std::uint8_t, 64> position_of{};
  std::array<Fiber*, 64> fibers{};  // by position
  struct Slot {
    std::uint64_t mask, value, result;
    std::uint32_t operand;
    source_api::WaveOp op;
    source_api::Site site;
  };
  std::array<Slot, 64> slots{};  // by lane
};

struct BlockRun {
  std::uint32_t at[3] = {0, 0, 0};
  std::uint32_t threads = 0;
  std::uint32_t arrived = 0;
  std::uint32_t exited = 0;
  bool running = false;
  std::uint64_t steps = 0;  // of all its threads
  BlockClock clock;
  std::vector<Fiber> fibers;
  std::vector<WaveRun> waves;
};

}  // namespace kernelgate
