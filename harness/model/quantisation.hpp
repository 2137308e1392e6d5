// Selects the matrices that are quantised to four bits at loading, and describes their storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/core/four_bit.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// experts: gate, up and down of every expert. all: also q, k, v_current, v_delayed and o of every
/// layer, and the LM head. The embedding lookup, norms, convolutions, routers, biases and scales
/// keep their type, so a head tied to the embedding becomes a separate matrix.
enum class Quantised { nothing, experts, all };

struct Quantisation {
  Quantised what = Quantised::nothing;
  FourBitLayout layout;

  bool experts() const { return what != Quantised::nothing; }
  bool linears() const { return what == Quantised::all; }
  /// Whether the tensor with this native name is quantised.
  bool takes(std::string_view tensor) const;
  /// Bytes of a matrix: codes and scales if it is quantised, else `element` bytes per number.
  std::int64_t matrix_bytes(bool quantised, std::int64_t rows, std::int64_t columns,
                            std::int64_t element) const {
    return rows * (quantised ? layout.row_bytes(columns) : columns * element);
  }
  /// "experts, attention linears and LM head mxfp4 (4.25 bits per weight)"; empty for nothing.
  std::string describe() const;
  /// Throws BadInput naming the matrix if a row is not a whole number of blocks.
  void check(const reference::ModelConfig& config) const;
};

/// A matrix as kernels take it: numbers of the storage type, or codes with scales.
struct MatrixMemory {
  const std::byte* data = nullptr;
  const std::byte* scales = nullptr;  // null: `data` are numbers

  bool is_quantised() const { return scales != nullptr; }
};

}  // namespace kernelgate::model
