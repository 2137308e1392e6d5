#include "harness/model/quantise_choice.hpp"

#include "harness/core/error.hpp"

namespace kernelgate {

model::Quantisation QuantiseChoice::parse() const {
  model::Quantisation q;
  if (!asked()) return q;
  q.what = what == "all" ? model::Quantised::all : model::Quantised::experts;
  q.layout.format = format == "nf4" ? FourBitFormat::nf4 : FourBitFormat::mxfp4;
  q.layout.block = block > 0 ? block : format == "nf4" ? 64 : 32;
  try {
    q.layout.check(q.layout.block);
  } catch (const BadInput& error) {
    throw BadInput(std::string("--block: ") + error.what());
  }
  return q;
}

std::vector<std::string> QuantiseChoice::words() const {
  if (!asked()) return {};
  std::vector<std::string> list{"--quantise", what, "--format", format};
  if (block > 0) list.insert(list.end(), {"--block", std::to_string(block)});
  return list;
}

}  // namespace kernelgate
