// Options of commands that can quantise a model's weights when they load it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/quantisation.hpp"

namespace kernelgate {

/// The options --quantise, --format, --block.
struct QuantiseChoice {
  std::string what, format = "mxfp4";
  std::int64_t block = 0;  // elements; 0: the format's own, 32 or 64

  /// Throws BadInput for a block size that the format does not support.
  model::Quantisation parse() const;
  /// The options that reproduce this choice; none if nothing is quantised.
  std::vector<std::string> words() const;
  bool asked() const { return !what.empty(); }
};

}  // namespace kernelgate
