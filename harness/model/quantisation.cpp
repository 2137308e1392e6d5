#include "harness/model/quantisation.hpp"

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "reference/weights.hpp"

namespace kernelgate::model {

bool Quantisation::takes(std::string_view tensor) const {
  if (experts() && tensor.find(".mlp.experts.") != std::string_view::npos) return true;
  if (!linears()) return false;
  for (const std::string_view leaf : {"q_proj.weight", "k_proj.weight", "v_proj_current.weight",
                                      "v_proj_delayed.weight", "o_proj.weight", "lm_head.weight"}) {
    if (tensor.ends_with(leaf)) return true;
  }
  return false;
}

std::string Quantisation::describe() const {
  if (!experts()) return "";
  const std::int64_t columns = layout.block;
  const double bits =
      8.0 * static_cast<double>(layout.row_bytes(columns)) / static_cast<double>(columns);
  return fmt::format("{} {} in blocks of {} ({:.4g} bits per weight)",
                     linears() ? "experts, attention linears and LM head" : "experts",
                     name(layout.format), layout.block, bits);
}

void Quantisation::check(const reference::ModelConfig& config) const {
  for (const reference::TensorName& tensor : reference::tensor_names(config)) {
    if (!takes(tensor.name)) continue;
    try {
      layout.check(tensor.shape.back());
    } catch (const BadInput& error) {
      throw BadInput(fmt::format("--quantise: tensor '{}': {}", tensor.name, error.what()));
    }
  }
}

}  // namespace kernelgate::model
