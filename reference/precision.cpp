#include "reference/precision.hpp"

#include "harness/core/error.hpp"

namespace kernelgate::reference {

namespace {

constexpr double machine_epsilon_f32 = 0x1p-23, machine_epsilon_bf16 = 0x1p-7,
                 machine_epsilon_f16 = 0x1p-10;

double clamp_of(Dtype type) {
  if (type == Dtype::bf16) return machine_epsilon_bf16;
  return type == Dtype::f16 ? machine_epsilon_f16 : machine_epsilon_f32;
}

Precision everywhere(Dtype type) {
  Precision p;
  for (Dtype* point : {&p.activation, &p.hidden, &p.residual, &p.norm_input, &p.normalised,
                       &p.conv_state, &p.mixing, &p.qk_norm, &p.angle, &p.rotary_table,
                       &p.probability, &p.router, &p.router_softmax, &p.expert_stage, &p.logits}) {
    *point = type;
  }
  return p;
}

struct Preset {
  const char* name;
  Precision (*make)();
};

constexpr Preset presets[] = {{"f64", [] { return Precision::f64(); }},
                              {"f32", [] { return Precision::f32(); }},
                              {"kernels-bf16", [] { return Precision::kernels(Dtype::bf16); }},
                              {"kernels-f16", [] { return Precision::kernels(Dtype::f16); }},
                              {"hf-bf16", [] { return Precision::hf(Dtype::bf16); }},
                              {"hf-f16", [] { return Precision::hf(Dtype::f16); }},
                              {"hf-f32", [] { return Precision::hf(Dtype::f32); }},
                              {"vllm-bf16", [] { return Precision::vllm(Dtype::bf16); }},
                              {"vllm-f16", [] { return Precision::vllm(Dtype::f16); }},
                              {"sgl-bf16", [] { return Precision::sgl(Dtype::bf16); }},
                              {"sgl-f16", [] { return Precision::sgl(Dtype::f16); }}};

}  // namespace

Precision Precision::kernels(Dtype storage) {
  Precision p = everywhere(Dtype::f32);
  p.activation = storage;
  p.expert_inner = storage;
  return p;
}

Precision Precision::f64() { return everywhere(Dtype::f64); }
Precision Precision::f32() { return everywhere(Dtype::f32); }

Precision Precision::hf(Dtype model) {
  Precision p = everywhere(model);
  p.residual = Dtype::f32;
  p.angle = Dtype::f32;
  p.guard = NormGuard::clamp_norm;
  p.guard_epsilon = clamp_of(model);
  return p;
}

Precision Precision::vllm(Dtype model) {
  Precision p = everywhere(model);
  for (Dtype* point : {&p.residual, &p.hidden, &p.norm_input, &p.conv_state, &p.mixing, &p.qk_norm,
                       &p.angle, &p.logits}) {
    *point = Dtype::f32;
  }
  return p;
}

Precision Precision::sgl(Dtype model) {
  Precision p = vllm(model);
  p.norm_input = model;
  p.router_softmax = Dtype::f32;
  p.logits = model;
  return p;
}

std::vector<std::string> precision_names() {
  std::vector<std::string> all;
  for (const Preset& p : presets) all.emplace_back(p.name);
  return all;
}

Precision parse_precision(std::string_view text) {
  std::string known;
  for (const Preset& p : presets) {
    if (text == p.name) return p.make();
    known += std::string(" ") + p.name;
  }
  throw BadInput("precision: expected one of" + known + ", got '" + std::string(text) + "'");
}

}  // namespace kernelgate::reference
