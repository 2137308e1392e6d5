// Common parts of the oneDNN baselines: the CPU engine, element types, and unsupported cases as
// text.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "harness/core/dtype.hpp"

namespace kernelgate {

inline const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

inline dnnl::memory::data_type onednn_type(Dtype type) {
  switch (type) {
    case Dtype::f32:
      return dnnl::memory::data_type::f32;
    case Dtype::bf16:
      return dnnl::memory::data_type::bf16;
    case Dtype::f16:
      return dnnl::memory::data_type::f16;
    default:
      throw std::logic_error("oneDNN baselines take f32, bf16 and f16");
  }
}

/// Runs `describe`, which creates the primitive descriptor; returns its error as a sentence, or
/// nothing.
template <class Describe>
std::optional<std::string> onednn_unsupported_reason(const Describe& describe) {
  try {
    describe();
  } catch (const dnnl::error& error) {
    return std::string("oneDNN has no primitive for these types on this CPU: ") + error.what();
  }
  return std::nullopt;
}

}  // namespace kernelgate
