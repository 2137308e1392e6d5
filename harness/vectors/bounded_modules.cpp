#include "harness/vectors/bounded_modules.hpp"

#include <cmath>

#include "kernels/cca_attention/cca_attention_reference.hpp"
#include "kernels/conv_mixing/conv_mixing_reference.hpp"
#include "kernels/linear/linear_reference.hpp"
#include "kernels/residual_norm/residual_norm_reference.hpp"
#include "kernels/router/router_reference.hpp"

namespace kernelgate {
namespace {

using namespace reference;

constexpr ResidualNormRounding stored_f32{.hidden = Dtype::f32,
                                          .residual = Dtype::f32,
                                          .input = Dtype::f32,
                                          .normalised = Dtype::f32,
                                          .output = Dtype::f32};

// An engine may compute theta^(-2x/d) with an f32 pow and multiply in f32. This is the largest
// relative deviation of its angle from the definition.
constexpr double angle_slack = 2 * (declared_ulps.pow + 1) * f32_unit;

ConvMixingParams mixing_params(const ModelConfig& c, const BlockConfig& block) {
  return {.num_heads = c.num_heads,
          .num_kv_heads = c.num_kv_heads,
          .head_dim = c.head_dim,
          .rotary_dims = block.rotary_dims,
          .theta = block.theta,
          .stage = Dtype::f32,
          .norm = Dtype::f32,
          .table = Dtype::f32,
          .output = Dtype::f32};
}

// The kernels' own templates read stored numbers. Inside a module the inputs carry errors, so the
// following functions repeat the formulas for such inputs. A test compares the values with the
// templates'.

// D[c] = w[c,0] older[c] + w[c,1] newer[c] + b[c]
Row depthwise(const Row& older, const Row& newer, const ConvMixingWeights& w) {
  Row d;
  for (std::size_t i = 0; i < older.size(); ++i) {
    const auto c = static_cast<std::int64_t>(i);
    Sum<Bounded> sum;
    sum.add_product(Bounded(w.depthwise[2 * c]), older[i]);
    sum.add_product(Bounded(w.depthwise[2 * c + 1]), newer[i]);
    sum.add(Bounded(w.depthwise_bias[c]));
    d.push_back(stored_as(Dtype::f32, sum.result()));
  }
  return d;
}

// The mean of each query's projection with its key's, then the mean of each group's means, in u's
// order.
Row means(const Row& u, const ConvMixingParams& p) {
  const std::int64_t d = p.head_dim, share = p.num_heads / p.num_kv_heads;
  std::vector<Sum<Bounded>> group(static_cast<std::size_t>(p.num_kv_heads * d));
  Row out;
  for (std::int64_t c = 0; c < p.num_heads * d; ++c) {
    const std::int64_t in_k = c / d / share * d + c % d;
    const Bounded both =
        u[static_cast<std::size_t>(c)] + u[static_cast<std::size_t>(p.num_heads * d + in_k)];
    out.push_back(stored_as(Dtype::f32, both * Bounded(0.5)));
    group[static_cast<std::size_t>(in_k)].add(out.back());
  }
  for (const Sum<Bounded>& sum : group) {
    out.push_back(stored_as(Dtype::f32, sum.result() / Bounded(static_cast<double>(share))));
  }
  return out;
}

// Rotation by an angle that may deviate by angle_slack, relative.
void rotate(std::span<Bounded> head, std::int64_t position, const ConvMixingParams& p) {
  const std::int64_t half = p.rotary_dims / 2;
  for (std::int64_t x = 0; x < half; ++x) {
    const double angle = rotary_angle(position, x, p), off = angle_slack * std::abs(angle);
    const Bounded c = rounded_f32(std::cos(angle), off, declared_ulps.sin_cos);
    const Bounded s = rounded_f32(std::sin(angle), off, declared_ulps.sin_cos);
    Bounded& low = head[static_cast<std::size_t>(x)];
    Bounded& high = head[static_cast<std::size_t>(x + half)];
    const Bounded rotated = low * c - high * s;
    high = high * c + low * s;
    low = rotated;
  }
}

// Q and K of one token, concatenated, from the projections of it and of the two tokens before.
Row mix(const Row& u0, const Row& u1, const Row& u2, std::int64_t position,
        const ConvMixingWeights& w, const ConvMixingParams& p) {
  const Row before = depthwise(u0, u1, w), now = depthwise(u1, u2, w);
  Row out = means(u2, p);
  for (std::size_t c = 0; c < out.size(); ++c) {
    const Bounded y = grouped_conv_at<Bounded>(before, now, w, p, static_cast<std::int64_t>(c));
    out[c] = stored_as(Dtype::f32, y + out[c]);
  }
  const auto d = static_cast<std::size_t>(p.head_dim);
  for (std::int64_t g = 0; g < p.groups(); ++g) {
    const auto head = std::span<Bounded>(out).subspan(static_cast<std::size_t>(g) * d, d);
    normalise_head<Bounded>(head, p);
    if (g >= p.num_heads) {
      const Bounded tau(w.temperature[g - p.num_heads]);
      for (Bounded& v : head) v = stored_as(Dtype::f32, v * tau);
    }
    rotate(head, position, p);
    for (Bounded& v : head) v = stored_as(Dtype::f32, v);
  }
  return out;
}

// One query head n over a range of keys; keys and values [T,kv,d].
void attend(const Row& q, const Row& keys, const Row& values, KeyRange range, std::int64_t n,
            const ModelConfig& config, std::span<Bounded> out) {
  const std::int64_t d = config.head_dim, j = n / (config.num_heads / config.num_kv_heads);
  const auto at = [&](std::int64_t s, std::int64_t x) {
    return static_cast<std::size_t>((s * config.num_kv_heads + j) * d + x);
  };
  const Bounded scale(1 / std::sqrt(static_cast<double>(d)));
  Row weight;
  double largest = -INFINITY;
  for (std::int64_t s = range.begin; s < range.end; ++s) {
    Sum<Bounded> score;
    for (std::int64_t x = 0; x < d; ++x) {
      score.add_product(q[static_cast<std::size_t>(n * d + x)], keys[at(s, x)]);
    }
    weight.push_back(score.result() * scale);
    largest = std::max(largest, weight.back().value);
  }
  Sum<Bounded> total;
  for (Bounded& w : weight) {
    w = exp_of(w - Bounded(largest));
    total.add(w);
  }
  const Bounded sum = total.result();
  for (std::int64_t x = 0; x < d; ++x) {
    Sum<Bounded> mixed;
    for (std::int64_t s = range.begin; s < range.end; ++s) {
      const Bounded share = weight[static_cast<std::size_t>(s - range.begin)] / sum;
      mixed.add_product(stored_as(Dtype::f32, share), values[at(s, x)]);
    }
    out[static_cast<std::size_t>(x)] = stored_as(Dtype::f32, mixed.result());
  }
}

void append_linear(const Values& weight, std::int64_t width, const Values& x, Row& to) {
  for (std::int64_t o = 0; o < width; ++o) {
    to.push_back(stored_as(Dtype::f32, linear_at<Bounded>(weight, x, o)));
  }
}

// Raw projections of one token: u = [q ; k], and both halves of the values.
struct Projected {
  Row u, v_current, v_delayed;
};

Projected project(const Values& x, const ModelConfig& c, const BlockWeights& w) {
  Projected p;
  append_linear(w.q, c.q_size(), x, p.u);
  append_linear(w.k, c.kv_size(), x, p.u);
  append_linear(w.v_current, c.lag_width(), x, p.v_current);
  append_linear(w.v_delayed, c.lag_width(), x, p.v_delayed);
  return p;
}

}  // namespace

Row bounded_norm(const Values& x, const Values& weight, double eps) {
  const Row in = numbers<Bounded>(x);
  Row out(in.size());
  rms_norm<Bounded>(in, weight, eps, out, stored_f32);
  return out;
}

Rows bounded_attention(const Values& normed, const ModelConfig& c, const BlockConfig& block,
                       const BlockWeights& w) {
  const std::int64_t tokens = normed.size() / c.hidden_size;
  const ConvMixingParams mixing = mixing_params(c, block);
  const Projected start{Row(static_cast<std::size_t>(c.channels())),
                        {},
                        Row(static_cast<std::size_t>(c.lag_width()))};
  std::vector<Projected> seen{start, start};  // zeros precede the first token
  Row keys, values;
  Rows out;
  for (std::int64_t t = 0; t < tokens; ++t) {
    seen.push_back(project(normed.row(t, c.hidden_size), c, w));
    const std::size_t at = seen.size() - 1;
    const Row heads = mix(seen[at - 2].u, seen[at - 1].u, seen[at].u, t, w.mixing, mixing);
    const Row q(heads.begin(), heads.begin() + c.q_size());
    keys.insert(keys.end(), heads.begin() + c.q_size(), heads.end());
    const Row &current = seen[at].v_current, &delayed = seen[at - 1].v_delayed;
    values.insert(values.end(), current.begin(), current.end());
    values.insert(values.end(), delayed.begin(), delayed.end());

    Row mixed(q.size());
    const KeyRange range = visible_keys(t, block.window, c.window_rule);
    for (std::int64_t n = 0; n < c.num_heads; ++n) {
      const auto d = static_cast<std::size_t>(c.head_dim);
      const auto head = std::span<Bounded>(mixed).subspan(static_cast<std::size_t>(n) * d, d);
      attend(q, keys, values, range, n, c, head);
    }
    out.push_back(bounded_linear(w.o, mixed));
    for (Bounded& y : out.back()) y = stored_as(Dtype::f32, y);
  }
  return out;
}

bool BoundedMoe::decided() const { return routing.margin.value > routing.margin.bound; }

BoundedMoe bounded_moe(const Values& normed, const Values& previous, const ModelConfig& c,
                       const BlockWeights& w, SkipRule skip) {
  const RouterParams params{.norm_eps = c.norm_eps,
                            .candidates = skip == SkipRule::drop
                                              ? RouterCandidates::experts_only
                                              : RouterCandidates::experts_and_skip,
                            .stage = Dtype::f32,
                            .probability = Dtype::f32};
  const ExpertRounding rounding{.stage = Dtype::f32, .output = Dtype::f32, .inner = Dtype::f64};
  BoundedMoe out;
  out.routing = route<Bounded>(normed, previous, w.router, params);
  out.output.resize(static_cast<std::size_t>(c.hidden_size));
  const std::int64_t choice = out.routing.choice;
  if (choice == c.num_experts) {
    skip_expert<Bounded>(normed, out.routing.weight, skip, out.output, rounding);
  } else {
    const ExpertWeights& e = w.experts[static_cast<std::size_t>(choice)];
    expert<Bounded>(e.gate_up, e.down, normed, out.routing.weight, out.output, rounding);
  }
  return out;
}

Row bounded_residual(const Values& hidden, const Values& stream, const ResidualScales& scales) {
  Row out = numbers<Bounded>(stream);
  scale_residual<Bounded>(numbers<Bounded>(hidden), std::span<Bounded>(out), scales, stored_f32);
  return out;
}

Row bounded_linear(const Values& weight, const Row& x) {
  Row out;
  const auto width = static_cast<std::int64_t>(x.size());
  out.reserve(static_cast<std::size_t>(weight.size() / width));
  for (std::int64_t o = 0; o < weight.size() / width; ++o) {
    out.push_back(linear_at<Bounded>(weight, x, o));
  }
  return out;
}

}  // namespace kernelgate
