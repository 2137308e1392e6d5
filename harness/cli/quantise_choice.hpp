// Options of commands that may quantise a model's weights at loading.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/quantisation.hpp"

namespace kernelgate {

/// --quantise, --format, --block.
struct QuantiseChoice {
  std::string what, format = "mxfp4";
  std::int64_t block = 0;  // 0: the format's own, 32 or 64

  void add_to(CLI::App& command);
  /// Throws BadInput for a block that the format does not have.
  model::Quantisation parse() const;
  /// The options that choose the same again; none where nothing is quantised.
  std::vector<std::string> words() const;
  bool asked() const { return !what.empty(); }
};

}  // namespace kernelgate
