#include "reference/tests/witness.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "harness/core/dtype.hpp"

namespace kernelgate::reference {

namespace {

double to_bf16(double x) { return round_to(Dtype::bf16, x); }
std::string layer(std::size_t i) { return "model.layers." + std::to_string(i) + "."; }

double dot(const double* a, const double* b, std::size_t n) {
  return std::inner_product(a, a + n, b, 0.0);
}

}  // namespace

struct Witness::Pass {
  Mutation mutation;
  std::size_t decode_from;

  bool is(Mutation m) const { return mutation == m; }
  /// First token of the chunk that contains token t.
  std::size_t chunk_start(std::size_t t) const { return t < decode_from ? 0 : t; }
};

Witness::Witness(const ModelConfig& config, const TensorMap& tensors) : c_(config) {
  for (const auto& [name, tensor] : tensors.tensors) {
    weights_[name] = kernelgate::numbers<double>(tensor.values);
  }
}

Row Witness::times(const std::string& weight, const Row& x) const {
  const Row& m = w(weight);
  Row y(m.size() / x.size());
  for (std::size_t o = 0; o < y.size(); ++o) y[o] = dot(&m[o * x.size()], x.data(), x.size());
  return y;
}

Row Witness::norm(const Row& x, const std::string& weight) const {
  const double mean = dot(x.data(), x.data(), x.size()) / static_cast<double>(x.size());
  Row y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = x[i] / std::sqrt(mean + c_.norm_eps) * w(weight)[i];
  }
  return y;
}

/// u of token t - back as seen by token t: zeros before the start, the stored state for tokens of
/// earlier chunks.
static Row seen(const Matrix& u, std::size_t t, std::size_t back, std::size_t start,
                std::size_t first_single, Mutation m) {
  if (m == Mutation::decode_shift_before_read && start > 0) {  // the state read is (t-1, t)
    return u[back == 2 ? t - 1 : t];
  }
  if (m == Mutation::decode_columns_swapped && start > 0 && back > 0) {
    return u[back == 2 ? t - 1 : first_single - 2];  // every step writes the older column
  }
  if (back > t) return Row(u[0].size());
  Row row = u[t - back];
  if (t - back >= start) return row;
  if (m == Mutation::decode_conv_zeroed) return Row(row.size());
  if (m == Mutation::decode_conv_bf16) std::transform(row.begin(), row.end(), row.begin(), to_bf16);
  return row;
}

Matrix Witness::mixed_qk(const Pass& pass, std::size_t block, const Matrix& u) const {
  const std::string p = layer(block) + "self_attn.";
  const Row &dw = w(p + "qkv_proj.conv_qk_depthwise.weight"),
            &db = w(p + "qkv_proj.conv_qk_depthwise.bias"),
            &gw = w(p + "qkv_proj.conv_qk_grouped.weight"),
            &gb = w(p + "qkv_proj.conv_qk_grouped.bias"), &tau = w(p + "qk_norm.temp");
  const auto d = static_cast<std::size_t>(c_.head_dim), q = static_cast<std::size_t>(c_.num_heads),
             kv = static_cast<std::size_t>(c_.num_kv_heads), channels = (q + kv) * d, rep = q / kv;
  const std::size_t old_d = pass.is(Mutation::depthwise_taps_swapped) ? 1 : 0;
  const std::size_t old_g = pass.is(Mutation::grouped_taps_swapped) ? 1 : 0;
  Matrix out;
  for (std::size_t t = 0; t < u.size(); ++t) {
    const std::size_t start = pass.chunk_start(t);
    const Row a = seen(u, t, 2, start, pass.decode_from, pass.mutation),
              b = seen(u, t, 1, start, pass.decode_from, pass.mutation), now = u[t];
    Row before(channels), here(channels), y(channels);
    for (std::size_t i = 0; i < channels; ++i) {
      const double bias = pass.is(Mutation::depthwise_bias_missing) ? 0 : db[i];
      before[i] = dw[2 * i + old_d] * a[i] + dw[2 * i + 1 - old_d] * b[i] + bias;
      here[i] = dw[2 * i + old_d] * b[i] + dw[2 * i + 1 - old_d] * now[i] + bias;
    }
    if (t == 0 && pass.is(Mutation::zero_pad_between_convs)) before.assign(channels, 0);
    for (std::size_t i = 0; i < channels; ++i) {
      const std::size_t g = i / d * d, o = i % d;
      y[i] = gb[i];
      for (std::size_t j = 0; j < d; ++j) {
        const std::size_t at =
            pass.is(Mutation::grouped_transposed) ? ((g + j) * d + o) * 2 : (i * d + j) * 2;
        y[i] += gw[at + old_g] * before[g + j] + gw[at + 1 - old_g] * here[g + j];
      }
    }
    if (!pass.is(Mutation::no_qk_mean)) {
      for (std::size_t n = 0; n < q; ++n) {
        const std::size_t j = pass.is(Mutation::gqa_modulo) ? n % kv : n / rep;
        for (std::size_t x = 0; x < d; ++x) {
          const double mean = (now[n * d + x] + now[(q + j) * d + x]) / 2;
          y[n * d + x] += mean;
          y[(q + n / rep) * d + x] += mean / static_cast<double>(rep);
        }
      }
    }
    for (std::size_t g = 0; g < q + kv; ++g) {
      double* head = &y[g * d];
      double scale = 1 / std::sqrt(dot(head, head, d) + 1e-12);
      if (!pass.is(Mutation::no_root_d)) scale *= std::sqrt(static_cast<double>(d));
      if (g >= q && !pass.is(Mutation::temperature_ignored)) {
        const double raw = tau[g - q];
        scale *= pass.is(Mutation::temperature_exp) ? std::exp(std::clamp(raw, 1e-7, 2.0)) : raw;
      }
      for (std::size_t x = 0; x < d; ++x) head[x] *= scale;
      rotate(pass, block, static_cast<double>(t), head);
    }
    out.push_back(std::move(y));
  }
  return out;
}

void Witness::rotate(const Pass& pass, std::size_t block, double position, double* head) const {
  const BlockConfig& b = c_.blocks[block];
  const auto dims = static_cast<std::size_t>(b.rotary_dims), half = dims / 2;
  const auto d = static_cast<std::size_t>(c_.head_dim);
  const double theta = pass.is(Mutation::one_theta) ? c_.blocks.back().theta : b.theta;
  const auto over = static_cast<double>(pass.is(Mutation::rope_exponent_over_d) ? d : dims);
  if (pass.is(Mutation::rope_second_half)) head += d - dims;
  for (std::size_t x = 0; x < half; ++x) {
    const double angle = position * std::pow(theta, -2 * static_cast<double>(x) / over);
    double& low = pass.is(Mutation::rope_interleaved) ? head[2 * x] : head[x];
    double& high = pass.is(Mutation::rope_interleaved) ? head[2 * x + 1] : head[x + half];
    const double l = low, r = high;
    low = l * std::cos(angle) - r * std::sin(angle);
    high = r * std::cos(angle) + l * std::sin(angle);
  }
}

Matrix Witness::mixed_values(const Pass& pass, std::size_t block, const Matrix& h) const {
  const std::string p = layer(block) + "self_attn.qkv_proj.v_proj_";
  const auto half = static_cast<std::size_t>(c_.lag_width());
  const auto d = static_cast<std::size_t>(c_.head_dim);
  Matrix out;
  for (std::size_t t = 0; t < h.size(); ++t) {
    Row current = times(p + "current.weight", h[t]), delayed(half);
    if (pass.is(Mutation::no_value_shift)) {
      delayed = times(p + "delayed.weight", h[t]);
    } else if (t > 0 && !(pass.is(Mutation::decode_lag_zeroed) && pass.chunk_start(t) == t)) {
      delayed = times(p + "delayed.weight", h[t - 1]);
    }
    if (pass.is(Mutation::value_halves_swapped)) std::swap(current, delayed);
    Row v;
    if (pass.is(Mutation::value_halves_per_head)) {
      for (std::size_t from = 0; from < half; from += d / 2) {
        const auto at = static_cast<std::ptrdiff_t>(from), to = static_cast<std::ptrdiff_t>(d / 2);
        v.insert(v.end(), current.begin() + at, current.begin() + at + to);
        v.insert(v.end(), delayed.begin() + at, delayed.begin() + at + to);
      }
    } else {
      v = current;
      v.insert(v.end(), delayed.begin(), delayed.end());
    }
    out.push_back(std::move(v));
  }
  return out;
}

Matrix Witness::attention(const Pass& pass, std::size_t block, const Matrix& h) const {
  const std::string p = layer(block) + "self_attn.";
  Matrix u;
  for (const Row& row : h) {
    u.push_back(times(p + "qkv_proj.q_proj.weight", row));
    const Row k = times(p + "qkv_proj.k_proj.weight", row);
    u.back().insert(u.back().end(), k.begin(), k.end());
  }
  const Matrix qk = mixed_qk(pass, block, u), values = mixed_values(pass, block, h);
  const auto d = static_cast<std::size_t>(c_.head_dim), q = static_cast<std::size_t>(c_.num_heads),
             kv = static_cast<std::size_t>(c_.num_kv_heads);
  auto window = static_cast<std::size_t>(c_.blocks[block].window);
  if (window != 0 && pass.is(Mutation::window_plus_one)) ++window;
  if (window != 0 && pass.is(Mutation::window_minus_one)) --window;
  if (window == 0 || pass.is(Mutation::window_ignored)) window = h.size();
  Matrix out;
  for (std::size_t t = 0; t < h.size(); ++t) {
    Row heads(q * d);
    for (std::size_t n = 0; n < q; ++n) {
      const std::size_t j = pass.is(Mutation::gqa_modulo) ? n % kv : n * kv / q;
      double total = 0;
      const std::size_t from = t + 1 > window ? t + 1 - window : 0;
      for (std::size_t s = from; s <= t; ++s) {  // |score| is small, so no maximum is subtracted
        const double weight = std::exp(dot(&qk[t][n * d], &qk[s][(q + j) * d], d) /
                                       std::sqrt(static_cast<double>(d)));
        total += weight;
        for (std::size_t x = 0; x < d; ++x) heads[n * d + x] += weight * values[s][j * d + x];
      }
      for (std::size_t x = 0; x < d; ++x) heads[n * d + x] /= total;
    }
    out.push_back(times(p + "o_proj.weight", heads));
  }
  return out;
}

Row Witness::moe(const Pass& pass, std::size_t block, const Row& h, Row& state) const {
  const std::string gate = layer(block) + "mlp.gate.", mlp = gate + "router_mlp.";
  const auto affine = [&](const std::string& name, const Row& x) {
    Row y = times(name + ".weight", x);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += w(name + ".bias")[i];
    return y;
  };
  const auto gelu = [&](Row x) {
    for (double& v : x) {
      v *= pass.is(Mutation::tanh_gelu)
               ? 0.5 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (v + 0.044715 * v * v * v)))
               : 0.5 * std::erfc(-v / std::numbers::sqrt2);
    }
    return x;
  };
  const Row alone = affine(gate + "down_proj", h);
  Row s = alone;
  if (block > 0 && !pass.is(Mutation::no_eda)) {
    const Row& gamma = w(gate + "router_states_scale");
    for (std::size_t i = 0; i < s.size(); ++i) {
      s[i] += gamma[pass.is(Mutation::scalar_eda) ? 0 : i] * state[i];
    }
  }
  const Row z = norm(s, mlp + "norm.weight");
  state = pass.is(Mutation::eda_not_accumulated) ? alone : pass.is(Mutation::eda_post_norm) ? z : s;
  Row p = times(mlp + "out_proj.weight", gelu(affine(mlp + "fc2", gelu(affine(mlp + "fc1", z)))));
  const Row& bias = w(gate + "balancing_biases");
  Row biased = p;
  for (std::size_t e = 0; e < p.size(); ++e)
    biased[e] += bias[e];  // biased logits, for one mutation only
  double total = 0;
  for (double& x : p) total += x = std::exp(x);
  for (double& x : p) x /= total;
  if (!pass.is(Mutation::balancing_on_logits)) {
    for (std::size_t e = 0; e < p.size(); ++e) {
      biased[e] = p[e] + (pass.is(Mutation::balancing_ignored) ? 0 : bias[e]);
    }
  }
  const auto end = biased.end() - (pass.is(Mutation::skip_dropped) ? 1 : 0);
  const auto e = static_cast<std::size_t>(std::max_element(biased.begin(), end) - biased.begin());
  double weight = pass.is(Mutation::biased_weight) ? biased[e] : p[e];
  if (pass.is(Mutation::unit_weight)) weight = 1;

  Row out(h.size());
  if (e + 1 == p.size()) {
    if (!pass.is(Mutation::skip_identity)) return out;
    for (std::size_t i = 0; i < h.size(); ++i) out[i] = weight * h[i];
    return out;
  }
  const auto width = static_cast<std::size_t>(c_.expert_size);
  const double* gate_up = &w(layer(block) + "mlp.experts.gate_up_proj")[e * 2 * width * h.size()];
  const double* down = &w(layer(block) + "mlp.experts.down_proj")[e * h.size() * width];
  Row inner(width);
  for (std::size_t i = 0; i < width; ++i) {
    double g = dot(gate_up + i * h.size(), h.data(), h.size());
    double up = dot(gate_up + (width + i) * h.size(), h.data(), h.size());
    if (pass.is(Mutation::gate_up_swapped)) std::swap(g, up);
    inner[i] = g / (1 + std::exp(-g)) * up;
  }
  for (std::size_t i = 0; i < h.size(); ++i)
    out[i] = weight * dot(down + i * width, inner.data(), width);
  return out;
}

void Witness::merge(const Pass& pass, const std::string& prefix, const Matrix& hidden,
                    Matrix& r) const {
  const bool no_bias = pass.is(Mutation::residual_biases_missing);
  const auto affine = [&](double x, const std::string& pair, std::size_t i) {
    const double scale = w(prefix + pair + "_scale")[i];
    const double bias = no_bias ? 0 : w(prefix + pair + "_bias")[i];
    return pass.is(Mutation::scale_before_bias) ? x * scale + bias : (x + bias) * scale;
  };
  for (std::size_t t = 0; t < r.size(); ++t) {
    for (std::size_t i = 0; i < r[t].size(); ++i) {
      r[t][i] = affine(hidden[t][i], "hidden_states", i) + affine(r[t][i], "residual", i);
      if (pass.is(Mutation::bf16_residual)) r[t][i] = to_bf16(r[t][i]);
    }
  }
}

Matrix Witness::logits(const std::vector<std::int32_t>& ids, Mutation mutation,
                       std::size_t decode_from) const {
  const Pass pass{mutation, decode_from};
  const auto width = static_cast<std::size_t>(c_.hidden_size);
  const Row &embedding = w("model.embed_tokens.weight"), &b = w("model.input_hidden_states_bias"),
            &s = w("model.input_hidden_states_scale");
  Matrix r, router(ids.size(), Row(static_cast<std::size_t>(c_.router_size)));
  for (const std::int32_t id : ids) {
    r.emplace_back();
    for (std::size_t i = 0; i < width; ++i) {
      const double e = embedding[static_cast<std::size_t>(id) * width + i];
      const double bias = b[i];
      r.back().push_back(pass.is(Mutation::scale_before_bias) ? e * s[i] + bias
                                                              : (e + bias) * s[i]);
      if (pass.is(Mutation::bf16_residual)) r.back().back() = to_bf16(r.back().back());
    }
  }
  for (std::size_t block = 0; block < c_.blocks.size(); ++block) {
    Matrix h, m;
    for (const Row& row : r) h.push_back(norm(row, layer(block) + "input_layernorm.weight"));
    merge(pass, layer(block) + "post_attention_residual_scale.", attention(pass, block, h), r);
    for (std::size_t t = 0; t < r.size(); ++t) {
      const Row h2 = norm(r[t], layer(block) + "post_attention_layernorm.weight");
      m.push_back(moe(pass, block, h2, router[t]));
    }
    merge(pass, layer(block) + "post_mlp_residual_scale.", m, r);
  }
  Matrix out;
  for (const Row& row : r) {
    out.push_back(times("model.embed_tokens.weight", norm(row, "model.norm.weight")));
  }
  return out;
}

}  // namespace kernelgate::reference
