// Starts a block in a slot: its clocks, shared memory filled with garbage, and a fiber per thread
// in the seed's order.
#include <memory>

#include "harness/core/random.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

void Runtime::choose_counted(BlockRun& block, std::uint64_t index) {
  const std::uint64_t blocks = std::uint64_t{shape_->grid[0]} * shape_->grid[1] * shape_->grid[2];
  if (!CountedWaves::chosen(index, blocks, options_.counted.blocks)) return;
  for (std::size_t w = 0; w < block.waves.size(); ++w) {
    if (!CountedWaves::chosen(w, block.waves.size(), options_.counted.waves)) continue;
    block.waves[w].log =
        std::make_unique<WaveLog>(*sheet_, static_cast<std::uint32_t>(entry_->wave));
    sheet_->count_wave();
  }
}

void Runtime::start_block(std::uint32_t slot, std::uint64_t index) {
  BlockRun& block = *slots_[slot];
  const LaunchShape& shape = *shape_;
  const auto width = static_cast<std::uint32_t>(entry_->wave);
  const auto lds = static_cast<std::uint64_t>(shape.shared_bytes);
  block.at[0] = static_cast<std::uint32_t>(index % shape.grid[0]);
  block.at[1] = static_cast<std::uint32_t>(index / shape.grid[0] % shape.grid[1]);
  block.at[2] = static_cast<std::uint32_t>(index / shape.grid[0] / shape.grid[1]);
  block.threads = shape.threads;
  block.arrived = block.exited = 0;
  block.steps = 0;
  block.running = true;
  checker_.begin_block(block.clock, slot, static_cast<std::uint32_t>(index), shape.threads, width,
                       lds);
  memory_.prepare_lds(slot, lds, mix64(schedule_.key() + index));

  schedule_.remove(block);
  block.waves.resize(block.clock.waves.size());
  block.fibers.resize(shape.threads);
  for (std::size_t w = 0; w < block.waves.size(); ++w) {
    WaveRun& wave = block.waves[w];
    wave.block = &block;
    wave.clock = &block.clock.waves[w];
    wave.ready = wave.arrived = 0;
    wave.log.reset();
  }
  if (counting()) choose_counted(block, index);
  schedule_.add(block);
  for (std::uint32_t w = 0; w < block.waves.size(); ++w) {
    WaveRun& wave = block.waves[w];
    for (std::uint32_t p = 0; p < width; ++p) {
      const std::uint32_t lane = wave.lane_at[p];
      wave.position_of[lane] = static_cast<std::uint8_t>(p);
      if (!(wave.clock->lanes >> lane & 1U)) continue;
      const std::uint32_t thread = w * width + lane;
      Fiber& fiber = block.fibers[thread];
      fiber = Fiber{};
      fiber.thread = thread;
      fiber.position = p;
      fiber.actor = &block.clock.threads[thread];
      fiber.block = &block;
      fiber.wave = &wave;
      fiber.stack = slot * shape.threads + thread;
      fiber.state =
          make_fiber(stacks_->bottom(fiber.stack), stacks_->top(fiber.stack), &fiber_main);
      wave.fibers[p] = &fiber;
      wave.ready |= 1ULL << p;
    }
  }
}

}  // namespace kernelgate
