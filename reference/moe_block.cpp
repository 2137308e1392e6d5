#include "reference/moe_block.hpp"

#include <utility>

namespace kernelgate::reference {

void moe_block(const BlockContext& b, SkipRule skip, std::span<const double> stream,
               std::vector<double>& router_states, const Redirect& redirect, BlockTrace& trace) {
  const ModelConfig& c = b.config;
  const Precision& p = b.precision;
  const auto h = static_cast<std::size_t>(c.hidden_size);
  const std::size_t tokens = stream.size() / h;
  const RouterParams params{.norm_eps = c.norm_eps,
                            .candidates = skip == SkipRule::drop
                                              ? RouterCandidates::experts_only
                                              : RouterCandidates::experts_and_skip,
                            .stage = p.router,
                            .probability = p.router_softmax};
  const ExpertRounding rounding{
      .stage = p.expert_stage, .output = p.activation, .inner = p.expert_inner};

  trace.moe_input.resize(stream.size());
  trace.moe.resize(stream.size());
  std::vector<double> states;
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto input = std::span<double>(trace.moe_input).subspan(t * h, h);
    const auto output = std::span<double>(trace.moe).subspan(t * h, h);
    rms_norm<double>(stream.subspan(t * h, h), b.weights.post_attention_norm, c.norm_eps, input,
                     norm_rounding(p));
    const Values x{std::span<const double>(input)};
    const Values previous =
        router_states.empty()
            ? Values()
            : Values(router_states).row(static_cast<std::int64_t>(t), c.router_size);
    Routing<double> r = route<double>(x, previous, b.weights.router, params);
    redirect(static_cast<std::int64_t>(t), r);
    states.insert(states.end(), r.state.begin(), r.state.end());
    if (r.choice == c.num_experts) {
      skip_expert<double>(x, r.weight, skip, output, rounding);
    } else {
      const ExpertWeights& e = b.weights.experts[static_cast<std::size_t>(r.choice)];
      expert<double>(e.gate_up, e.down, x, r.weight, output, rounding);
    }
    trace.routing.push_back(std::move(r));
  }
  router_states = std::move(states);
}

}  // namespace kernelgate::reference
