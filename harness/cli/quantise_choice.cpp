#include "harness/cli/quantise_choice.hpp"

#include "harness/core/error.hpp"

namespace kernelgate {

void QuantiseChoice::add_to(CLI::App& command) {
  CLI::Option* quantise =
      command
          .add_option("--quantise", what,
                      "Weights of four bits, made at loading: experts, or all (experts, attention "
                      "linears and LM head)")
          ->check(CLI::IsMember({"experts", "all"}));
  command.add_option("--format", format, "Of --quantise")
      ->check(CLI::IsMember({"mxfp4", "nf4"}))
      ->needs(quantise);
  command
      .add_option("--block", block,
                  "Weights under one scale; mxfp4 has 32, nf4 64 or another power of two")
      ->check(CLI::PositiveNumber)
      ->needs(quantise);
}

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
