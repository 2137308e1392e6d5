// Intermediates of a forward pass, handed out as they appear: for dumps and for tests that logits
// alone would not fail.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/router/router_reference.hpp"

namespace kernelgate::reference {

/// One block of one sequence's chunk of S tokens. Matrices are [S, width], row-major.
struct BlockTrace {
  std::vector<double> q, k, v;           // [S,q d], [S,kv d] twice: after norm and RoPE
  std::vector<double> attention;         // [S,H] after the output projection
  std::vector<double> moe_input;         // [S,H] the normalised stream that router and experts read
  std::vector<Routing<double>> routing;  // [S]
  std::vector<double> moe;               // [S,H] before the residual scaling
  std::vector<double> residual;          // [S,H] the stream after the block
};

/// Where a chunk lies: row of the batch, position of its first real token in the sequence.
struct ChunkPlace {
  std::int64_t row = 0;
  std::int64_t first_position = 0;
  std::int64_t tokens = 0;
};

/// Puts another choice in place of a router's own, weight and margin with it: a replay of an
/// engine's routing. Called for every real token in every block before its expert runs.
class RoutingGuide {
 public:
  virtual ~RoutingGuide() = default;
  virtual void guide(const ChunkPlace& place, std::int64_t block, std::int64_t token,
                     Routing<double>& routing) = 0;
};

/// Told of every real token; pads have no intermediates.
class Observer {
 public:
  virtual ~Observer() = default;
  /// The scaled embedding [S,H]: the stream before block 0.
  virtual void on_input(const ChunkPlace&, std::span<const double>) {}
  virtual void on_block(const ChunkPlace&, std::int64_t, const BlockTrace&) {}
  /// The final norm's output [S,H], which the LM head reads.
  virtual void on_final(const ChunkPlace&, std::span<const double>) {}
};

}  // namespace kernelgate::reference
