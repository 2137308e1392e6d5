// expert_gemm with oneDNN: for each expert that has tokens, their rows are gathered and go through
// two inner products with our silu loop between them. f32; weights as stored. The primitives are
// made for the group sizes in `choice` at preparation, which saves the library that work in each
// run.
#include <oneapi/dnnl/dnnl.hpp>

#include <cstring>

#include "kernels/common/cpu/onednn_engine.hpp"
#include "kernels/common/cpu/work_items.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/swiglu_lanes.hpp"
#include "kernels/expert_gemm/token_groups.hpp"

namespace kernelgate {
namespace {

using dnnl::memory;

memory matrix(std::int64_t rows, std::int64_t columns, float* data) {
  return {{{rows, columns}, memory::data_type::f32, memory::format_tag::ab}, onednn_engine(), data};
}

dnnl::inner_product_forward product(const memory& x, const memory& w, const memory& y) {
  return dnnl::inner_product_forward(
      {{dnnl::prop_kind::forward_inference, x.get_desc(), w.get_desc(), y.get_desc()},
       onednn_engine()});
}

/// One expert's tokens: x -> gates and ups -> inner -> raw.
struct ExpertPlan {
  memory x, gate_up_weight, gate_up, inner, down_weight, raw;
  dnnl::inner_product_forward first, second;
};

class ExpertsByOnednn final : public Launch {
 public:
  ExpertsByOnednn(const ExpertGemmCase& c, TensorSet& t)
      : c_(c),
        h_(t["h"].as<float>().data()),
        weight_(t["weight"].as<float>().data()),
        m_(t["m"].as<float>().data()),
        choice_(t["choice"].as<std::int32_t>()),
        stream_(onednn_engine()),
        x_(floats(c.hidden)),
        gate_up_(floats(2 * c.inter)),
        inner_(floats(c.inter)),
        raw_(floats(c.hidden)) {
    groups_.group(choice_, c.experts, c.tokens);
    for (const TokenBlock& b : groups_.blocks()) {
      ExpertPlan p;
      p.x = matrix(b.tokens, c.hidden, x_.data() + b.first * c.hidden);
      p.gate_up_weight =
          matrix(2 * c.inter, c.hidden,
                 t["gate_up"].as<float>().data() + b.expert * 2 * c.inter * c.hidden);
      p.gate_up = matrix(b.tokens, 2 * c.inter, gate_up_.data() + b.first * 2 * c.inter);
      p.inner = matrix(b.tokens, c.inter, inner_.data() + b.first * c.inter);
      p.down_weight =
          matrix(c.hidden, c.inter, t["down"].as<float>().data() + b.expert * c.hidden * c.inter);
      p.raw = matrix(b.tokens, c.hidden, raw_.data() + b.first * c.hidden);
      p.first = product(p.x, p.gate_up_weight, p.gate_up);
      p.second = product(p.inner, p.down_weight, p.raw);
      plans_.push_back(p);
    }
  }

  void run() override {
    groups_.group(choice_, c_.experts, c_.tokens);
    for_each_host_item("gather", c_.tokens, [this](std::int64_t place) {
      std::memcpy(x_.data() + place * c_.hidden, h_ + groups_.token(place) * c_.hidden,
                  static_cast<std::size_t>(c_.hidden) * sizeof(float));
    });
    for (const ExpertPlan& p : plans_) execute(p.first, p.x, p.gate_up_weight, p.gate_up);
    const std::int64_t routed = c_.tokens - static_cast<std::int64_t>(groups_.skipping().size());
    for_each_host_item("silu", routed, [this](std::int64_t place) { swiglu(place); });
    for (const ExpertPlan& p : plans_) execute(p.second, p.inner, p.down_weight, p.raw);
    for_each_host_item("combine", c_.tokens, [=, this](std::int64_t place) {
      const std::int64_t token = groups_.token(place);
      const bool skips = place >= routed;
      const float* from = skips ? h_ + token * c_.hidden : raw_.data() + place * c_.hidden;
      const bool zero = skips && c_.skip != SkipRule::identity;
      for (std::int64_t o = 0; o < c_.hidden; ++o) {
        m_[token * c_.hidden + o] = zero ? 0 : weight_[token] * from[o];
      }
    });
  }

 private:
  std::vector<float> floats(std::int64_t width) const {
    return std::vector<float>(static_cast<std::size_t>(c_.tokens * width));
  }
  void execute(const dnnl::inner_product_forward& primitive, const memory& x, const memory& w,
               const memory& y) {
    primitive.execute(stream_, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}});
    stream_.wait();
  }
  void swiglu(std::int64_t place) {
    const float* gate = gate_up_.data() + place * 2 * c_.inter;
    float* inner = inner_.data() + place * c_.inter;
    for (std::int64_t i = 0; i < c_.inter; i += lane_count) {
      const std::int64_t count = std::min<std::int64_t>(lane_count, c_.inter - i);
      store_some_lanes(inner + i,
                       swiglu_lanes<float>(load_some_lanes(gate + i, count),
                                           load_some_lanes(gate + c_.inter + i, count)),
                       count);
    }
  }

  ExpertGemmCase c_;
  const float *h_, *weight_;
  float* m_;
  std::span<const std::int32_t> choice_;
  HostGroups groups_;
  dnnl::stream stream_;
  std::vector<float> x_, gate_up_, inner_, raw_;
  std::vector<ExpertPlan> plans_;
};

std::optional<std::string> unsupported_reason(const ExpertGemmCase& c) {
  if (c.type == Dtype::f32) return std::nullopt;
  return "this baseline multiplies in f32, the case stores " + std::string(name(c.type));
}

}  // namespace

void register_expert_gemm_onednn(Registry& registry) {
  registry.add_variant<ExpertGemmCase>(
      {"baseline/onednn", Backend::kokkos, "oneDNN inner products per expert, weights as stored"},
      [](const ExpertGemmCase& c, TensorSet& t) { return std::make_unique<ExpertsByOnednn>(c, t); },
      unsupported_reason);
}

}  // namespace kernelgate
