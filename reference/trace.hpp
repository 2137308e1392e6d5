// Intermediates of a forward pass, reported as they are computed: for dumps, and for tests of
// errors that the logits alone would not show.
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
  std::vector<double> moe_input;         // [S,H] normalised stream, input of router and experts
  std::vector<Routing<double>> routing;  // [S]
  std::vector<double> moe;               // [S,H] before the residual scaling
  std::vector<double> residual;          // [S,H] the stream after the block
};

/// Location of a chunk: row of the batch, position of its first real token in the sequence.
struct ChunkPlace {
  std::int64_t row = 0;
  std::int64_t first_position = 0;
  std::int64_t tokens = 0;
};

/// Overrides a router's choice with its weight and margin, to replay an engine's routing. Called
/// for every real token in every block before its expert runs.
class RoutingGuide {
 public:
  virtual ~RoutingGuide() = default;
  virtual void guide(const ChunkPlace& place, std::int64_t block, std::int64_t token,
                     Routing<double>& routing) = 0;
};

/// Receives the intermediates of every real token; pads have none.
class Observer {
 public:
  virtual ~Observer() = default;
  /// The scaled embedding [S,H], which is the stream before block 0.
  virtual void on_input(const ChunkPlace&, std::span<const double>) {}
  virtual void on_block(const ChunkPlace&, std::int64_t, const BlockTrace&) {}
  /// The final norm's output [S,H], which is the input of the LM head.
  virtual void on_final(const ChunkPlace&, std::span<const double>) {}
};

}  // namespace kernelgate::reference
