#include "harness/model/attention_schemes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/fill.hpp"
#include "harness/core/random.hpp"
#include "harness/model/page_memory.hpp"
#include "harness/timing/watched_clock.hpp"

namespace kernelgate::model {
namespace {

/// Memory for drawn inputs and for results.
class Drawn {
 public:
  explicit Drawn(Dtype type) : type_(type) {}

  /// `count` pseudo-normal numbers of standard deviation `scale`.
  const std::byte* numbers(std::int64_t count, double scale) {
    std::byte* to = room(count * size_bytes(type_));
    constexpr std::int64_t piece = 4096;
    const std::uint64_t key = mix64(memory_.size());
#pragma omp parallel for schedule(static)
    for (std::int64_t begin = 0; begin < count; begin += piece) {
      const std::int64_t some = std::min(piece, count - begin);
      std::vector<double> x;
      x.reserve(static_cast<std::size_t>(some));
      for (std::int64_t i = 0; i < some; ++i) x.push_back(scale * bell(key, begin + i));
      encode(type_, x, to + begin * size_bytes(type_));
    }
    return to;
  }
  std::byte* results(std::int64_t count) { return room(count * size_bytes(type_)); }
  std::byte* room(std::int64_t bytes) {
    memory_.emplace_back(bytes, "attention scheme");
    return memory_.back().data();
  }

 private:
  Dtype type_;
  std::vector<PageMemory> memory_;
};

/// Times each launch from the moment its tensors are ready until its results are.
class LaunchClock : public OperationObserver {
 public:
  void before(const Operation&, const Case&, const TensorSet&) override {
    earlier_seconds_ = clock_.total().seconds;
    clock_.start();
  }
  void after(const Operation& operation, const Case&, const TensorSet&) override {
    clock_.stop();
    parts_[std::string(operation.name)] += clock_.total().seconds - earlier_seconds_;
  }
  SchemeTime time() const { return {clock_.total(), parts_}; }

 private:
  MachineWatch watch_;
  WatchedClock clock_{watch_};
  double earlier_seconds_ = 0;
  std::map<std::string, double> parts_;
};

/// Runs the parts of one layer and records the time of each.
class OneLayer {
 public:
  OneLayer(Operations& operations, const SchemeShape& shape, const reference::ModelConfig& config,
           Dtype type, std::int64_t tokens, std::int64_t context)
      : operations_(operations),
        s_(shape),
        c_(config),
        type_(name(type)),
        tokens_(tokens),
        context_(context),
        drawn_(type) {}

  SchemeTime run() {
    LaunchClock clock;
    operations_.observe(&clock);
    const std::int64_t h = c_.hidden_size;
    x_ = drawn_.numbers(tokens_ * h, 1);
    if (s_.kind == SchemeShape::Kind::latent) {
      latent(h);
    } else {
      plain(h);
    }
    operations_.observe(nullptr);
    return clock.time();
  }

 private:
  void plain(std::int64_t h) {
    const std::int64_t q = s_.heads * s_.head_dim, kv = s_.kv_heads * s_.head_dim;
    project("projections", x_, q, h);
    project("projections", x_, kv, h);
    if (s_.kind == SchemeShape::Kind::mixed) {
      project("projections", x_, kv / 2, h);
      project("projections", x_, kv / 2, h);
      mix(q, kv);
    } else {
      project("projections", x_, kv, h);
    }
    attend(q, kv);
    project("output", drawn_.numbers(tokens_ * q, 1), h, q);
  }

  // Decode of one token: each head's query is multiplied by its part of the key up-projection
  // before attention, and its output by the value up-projection after it: one small product per
  // head each.
  void latent(std::int64_t h) {
    const bool decode = context_ > 0;
    const std::int64_t d = s_.head_dim, heads = s_.heads, row = s_.rank + s_.rope;
    project("projections", x_, heads * (d + s_.rope), h);
    project("projections", x_, row, h);
    if (!decode) {
      project("up-projection", drawn_.numbers(tokens_ * s_.rank, 1), heads * 2 * d, s_.rank);
    }
    for (std::int64_t n = 0; decode && n < heads; ++n) {
      project("up-projection", drawn_.numbers(d, 1), s_.rank, d);
    }
    attend_latent(decode ? s_.rank : d, decode);
    for (std::int64_t n = 0; decode && n < heads; ++n) {
      project("up-projection", drawn_.numbers(s_.rank, 1), d, s_.rank);
    }
    project("output", drawn_.numbers(tokens_ * heads * d, 1), h, heads * d);
  }

  void attend_latent(std::int64_t own, bool decode) {
    const std::int64_t rows = decode ? context_ : tokens_, d = s_.head_dim;
    std::vector<Place> places{{"q", drawn_.numbers(tokens_ * s_.heads * (own + s_.rope), 1)},
                              {"cache", drawn_.numbers(rows * (s_.rank + s_.rope), 1)},
                              {"valid", valid_rows(rows)},
                              {"out", drawn_.results(tokens_ * s_.heads * own)}};
    if (!decode) places.push_back({"expanded", drawn_.numbers(rows * s_.heads * 2 * d, 1)});
    time("attention", "mla_attention",
         fmt::format("form={},keys={},tokens={},context={},heads={},rank={},rope={},nope={},"
                     "value_dim={},{}",
                     decode ? "decode" : "prefill", decode ? "latent" : "expanded", tokens_,
                     decode ? context_ : 0, s_.heads, s_.rank, s_.rope, d, d, type_),
         places);
  }

  void time(const char* part, const char* kernel, const std::string& axes,
            const std::vector<Place>& places) {
    operations_.run(
        {part, -1, kernel}, {1 << 20}, [&] { return axes; }, places);
  }

  void project(const char* part, const std::byte* x, std::int64_t out, std::int64_t in) {
    time(part, "linear", fmt::format("tokens={},out={},in={},{}", tokens_, out, in, type_),
         {{"x", x}, {"w", drawn_.numbers(out * in, 0.02)}, {"y", drawn_.results(tokens_ * out)}});
  }

  const std::byte* valid_rows(std::int64_t rows) {
    auto* valid = reinterpret_cast<std::int32_t*>(drawn_.room(8));
    valid[1] = static_cast<std::int32_t>(rows);
    return reinterpret_cast<const std::byte*>(valid);
  }

  void mix(std::int64_t q, std::int64_t kv) {
    const std::int64_t channels = q + kv, d = s_.head_dim;
    auto* position = reinterpret_cast<std::int32_t*>(drawn_.room(4 * tokens_));
    for (std::int64_t t = 0; t < tokens_; ++t) {
      position[t] = static_cast<std::int32_t>(context_ + t);
    }
    const bool decode = context_ > 0;
    time("mixing", "conv_mixing",
         fmt::format("tokens={},heads={},kv_heads={},head_dim={},rotary={},form={},{}", tokens_,
                     s_.heads, s_.kv_heads, d, c_.blocks.front().rotary_dims,
                     decode ? "decode" : "prefill", type_),
         {{"qkv", drawn_.numbers(tokens_ * (channels + kv), 1)},
          {"depthwise", drawn_.numbers(channels * 2, 0.5)},
          {"depthwise_bias", drawn_.numbers(channels, 0.1)},
          {"grouped", drawn_.numbers(channels * d * 2, 0.1)},
          {"grouped_bias", drawn_.numbers(channels, 0.1)},
          {"temperature", drawn_.numbers(s_.kv_heads, 1)},
          {"position", reinterpret_cast<const std::byte*>(position)},
          {"slot", drawn_.room(4 * tokens_)},  // zeros: slot 0
          {"conv_state", drawn_.room(4 * (tokens_ + 2) * channels * 2)},
          {"lag_state", drawn_.room(4 * (tokens_ + 2) * kv / 2)},
          {"q", drawn_.results(tokens_ * q)},
          {"k", drawn_.results(tokens_ * kv)},
          {"v", drawn_.results(tokens_ * kv)}});
  }

  void attend(std::int64_t q, std::int64_t kv) {
    const bool decode = context_ > 0;
    const std::int64_t rows = decode ? context_ : tokens_;
    time("attention", "cca_attention",
         fmt::format("form={},tokens={},context={},heads={},kv_heads={},head_dim={},{}",
                     decode ? "decode" : "prefill", tokens_, decode ? context_ : 0, s_.heads,
                     s_.kv_heads, s_.head_dim, type_),
         {{"q", drawn_.numbers(tokens_ * q, 1)},
          {"k", drawn_.numbers(rows * kv, 1)},
          {"v", drawn_.numbers(rows * kv, 1)},
          {"valid", valid_rows(rows)},
          {"out", drawn_.results(tokens_ * q)}});
  }

  Operations& operations_;
  const SchemeShape& s_;
  const reference::ModelConfig& c_;
  std::string type_;
  std::int64_t tokens_, context_;
  Drawn drawn_;
  const std::byte* x_ = nullptr;
};

}  // namespace

std::vector<SchemeShape> scheme_shapes(const reference::ModelConfig& c) {
  const std::int64_t d = std::min<std::int64_t>(128, c.hidden_size);
  const std::int64_t heads = c.hidden_size / d;
  using Kind = SchemeShape::Kind;
  constexpr std::int64_t rank = 512, rope = 64;
  return {{"CCGQA", c.num_heads, c.num_kv_heads, c.head_dim, Kind::mixed},
          {"MLA", heads, 1, d, Kind::latent, rank, rope},
          {"GQA", heads, std::max<std::int64_t>(1, heads / 4), d},
          {"MHA", heads, heads, d}};
}

SchemeTime time_scheme(Operations& operations, const SchemeShape& shape,
                       const reference::ModelConfig& config, Dtype type, std::int64_t tokens,
                       std::int64_t context) {
  return OneLayer(operations, shape, config, type, context > 0 ? 1 : tokens, context).run();
}

}  // namespace kernelgate::model
