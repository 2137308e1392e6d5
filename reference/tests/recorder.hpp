// An observer that records everything per block and joins the chunks of one sequence.
#pragma once

#include <vector>

#include "reference/trace.hpp"

namespace kernelgate::reference {

struct Recorder : Observer {
  std::vector<double> input, final_norm;
  std::vector<BlockTrace> blocks;

  void on_input(const ChunkPlace&, std::span<const double> x) override {
    input.insert(input.end(), x.begin(), x.end());
  }
  void on_block(const ChunkPlace&, std::int64_t block, const BlockTrace& t) override {
    const auto i = static_cast<std::size_t>(block);
    if (blocks.size() <= i) blocks.resize(i + 1);
    const auto join = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    BlockTrace& to = blocks[i];
    join(to.q, t.q);
    join(to.k, t.k);
    join(to.v, t.v);
    join(to.attention, t.attention);
    join(to.moe_input, t.moe_input);
    join(to.routing, t.routing);
    join(to.moe, t.moe);
    join(to.residual, t.residual);
  }
  void on_final(const ChunkPlace&, std::span<const double> x) override {
    final_norm.insert(final_norm.end(), x.begin(), x.end());
  }
};

}  // namespace kernelgate::reference
