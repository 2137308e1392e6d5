#include "harness/vectors/model_vectors.hpp"

#include <fmt/format.h>

#include <functional>

#include "harness/vectors/bounded_modules.hpp"

namespace kernelgate {
namespace {

using namespace reference;
using Doubles = std::vector<double>;

/// Records the inputs of the modules in a run of the scalar model.
class Recorder final : public Observer {
 public:
  void on_input(const ChunkPlace&, std::span<const double> stream) override {
    streams.emplace_back(stream.begin(), stream.end());
  }
  void on_block(const ChunkPlace&, std::int64_t, const BlockTrace& trace) override {
    blocks.push_back(trace);
    streams.push_back(trace.residual);
  }
  std::vector<Doubles> streams;  // before block 0, then after every block
  std::vector<BlockTrace> blocks;
};

/// Builds one vector.
class Builder {
 public:
  Builder(VectorFile& file, std::string place, const std::string& axes, std::int64_t tokens)
      : file_(file), tokens_(tokens) {
    head_.id = "model/" + std::move(place);
    head_.kernel = "model";
    head_.axes = axes + ",f32";
  }
  void input(const std::string& name, const Doubles& rows) {
    head_.specs.push_back({name, Dtype::f32, {tokens_, width_of(rows)}, Role::input});
    inputs_.push_back(&rows);
  }
  /// Adds the rows of the tokens in `judged`, or of all tokens if it is empty.
  void output(const std::string& name, const Rows& rows, const std::vector<bool>& judged = {}) {
    const auto width = static_cast<std::int64_t>(rows[0].size());
    NumericReference reference_values{.tensor = name, .at = {}, .value = {}, .error_bound = {}};
    reference_values.value.reserve(rows.size() * rows[0].size());
    reference_values.error_bound.reserve(rows.size() * rows[0].size());
    for (std::size_t t = 0; t < rows.size(); ++t) {
      if (!judged.empty() && !judged[t]) continue;
      for (std::int64_t i = 0; i < width; ++i) {
        if (!judged.empty())
          reference_values.at.push_back(static_cast<std::int64_t>(t) * width + i);
        reference_values.value.push_back(rows[t][static_cast<std::size_t>(i)].value);
        reference_values.error_bound.push_back(rows[t][static_cast<std::size_t>(i)].bound);
      }
    }
    head_.specs.push_back({name, Dtype::f32, {tokens_, width}, Role::output});
    keep(std::move(reference_values));
  }
  void choices(const std::string& name, const std::vector<std::int64_t>& choice,
               const std::vector<bool>& judged) {
    NumericReference reference_values{.tensor = name, .at = {}, .value = {}, .error_bound = {}};
    for (std::size_t t = 0; t < choice.size(); ++t) {
      if (!judged[t]) continue;
      reference_values.at.push_back(static_cast<std::int64_t>(t));
      reference_values.value.push_back(static_cast<double>(choice[t]));
    }
    head_.specs.push_back({name, Dtype::i64, {tokens_}, Role::output});
    keep(std::move(reference_values));
  }
  void finish() {
    TensorSet before(head_.specs);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      Tensor& tensor = before[head_.specs[i].name];
      for (std::int64_t k = 0; k < tensor.count(); ++k) {
        tensor.set(k, (*inputs_[i])[static_cast<std::size_t>(k)]);
      }
    }
    file_.add(head_, before, reference_values_);
  }

 private:
  std::int64_t width_of(const Doubles& rows) const {
    return static_cast<std::int64_t>(rows.size()) / tokens_;
  }
  void keep(NumericReference reference_values) {  // a tensor without decided elements is not judged
    if (!reference_values.value.empty())
      reference_values_.numeric.push_back(std::move(reference_values));
  }

  VectorFile& file_;
  std::int64_t tokens_;
  VectorHead head_;
  std::vector<const Doubles*> inputs_;
  ReferenceValues reference_values_;
};

/// Inputs of a layer's modules: f32 numbers, the values that the preceding module would give.
Doubles as_f32(const Rows& rows) {
  Doubles flat;
  for (const Row& row : rows) {
    for (const Bounded& x : row) flat.push_back(round_to(Dtype::f32, x.value));
  }
  return flat;
}

class ModelVectors {
 public:
  ModelVectors(VectorFile& file, const Model& model, SkipRule skip, std::int64_t tokens)
      : file_(file), model_(model), skip_(skip), tokens_(tokens) {}

  void layer(std::int64_t i, const Doubles& stream, const BlockTrace& trace) {
    const BlockWeights& w = model_.weights().blocks[static_cast<std::size_t>(i)];
    const BlockConfig& block = config().blocks[static_cast<std::size_t>(i)];
    const Doubles normed = norm(i, "input_norm", stream, w.input_norm);
    {
      Builder vector = builder(i, "attention");
      vector.input("normed", normed);
      vector.output("attention", bounded_attention(Values(normed), config(), block, w));
      finish(vector);
    }
    const Doubles middle = residual(i, "post_attention", trace.attention, stream, w.post_attention);
    const Doubles moe_input = norm(i, "post_attention_norm", middle, w.post_attention_norm);
    moe(i, moe_input, w);
    residual(i, "post_moe", trace.moe, middle, w.post_mlp);
  }

  void head(const Doubles& stream) {
    Builder vector(file_, "head", "module=head", tokens_);
    vector.input("stream", stream);
    const Rows logits = rows_of([&](std::int64_t t) {
      const Row normed =
          bounded_norm(row(stream, t), model_.weights().final_norm, config().norm_eps);
      Row out = bounded_linear(model_.weights().head, normed);
      for (Bounded& x : out) x = stored_as(Dtype::f32, x);
      return out;
    });
    vector.output("logits", logits);
    finish(vector);
  }
  const ModelVectorCounts& counts() const { return counts_; }

 private:
  const ModelConfig& config() const { return model_.config(); }
  Values row(const Doubles& rows, std::int64_t t) const {
    return Values(rows).row(t, static_cast<std::int64_t>(rows.size()) / tokens_);
  }
  Rows rows_of(const std::function<Row(std::int64_t)>& one) const {
    Rows rows;
    for (std::int64_t t = 0; t < tokens_; ++t) rows.push_back(one(t));
    return rows;
  }
  Builder builder(std::int64_t i, const std::string& module) const {
    return {file_, fmt::format("layers.{}/{}", i, module),
            fmt::format("layer={},module={}", i, module), tokens_};
  }
  void finish(Builder& vector) {
    vector.finish();
    ++counts_.vectors;
  }

  Doubles norm(std::int64_t i, const std::string& module, const Doubles& stream,
               const Values& weight) {
    const Rows out = rows_of(
        [&](std::int64_t t) { return bounded_norm(row(stream, t), weight, config().norm_eps); });
    Builder vector = builder(i, module);
    vector.input("stream", stream);
    vector.output("normed", out);
    finish(vector);
    return as_f32(out);
  }

  Doubles residual(std::int64_t i, const std::string& module, const Doubles& hidden,
                   const Doubles& stream, const ResidualScales& scales) {
    const Rows out = rows_of(
        [&](std::int64_t t) { return bounded_residual(row(hidden, t), row(stream, t), scales); });
    Builder vector = builder(i, module);
    vector.input("hidden", hidden);
    vector.input("stream", stream);
    vector.output("stream_out", out);
    finish(vector);
    return as_f32(out);
  }

  void moe(std::int64_t i, const Doubles& normed, const BlockWeights& w) {
    const Doubles previous = std::move(router_state_);
    Rows state, weight, output;
    std::vector<std::int64_t> choice;
    std::vector<bool> decided, weighed;
    for (std::int64_t t = 0; t < tokens_; ++t) {
      const Values before = previous.empty() ? Values() : row(previous, t);
      BoundedMoe one = bounded_moe(row(normed, t), before, config(), w, skip_);
      state.push_back(std::move(one.routing.state));
      weight.push_back({one.routing.weight});
      output.push_back(std::move(one.output));
      choice.push_back(one.routing.choice);
      decided.push_back(one.decided());
      weighed.push_back(one.decided() && one.routing.choice != config().num_experts);
      ++counts_.tokens;
      counts_.undecided += !one.decided();
    }
    Builder vector = builder(i, "moe");
    vector.input("normed", normed);
    if (!previous.empty()) vector.input("router_state", previous);
    vector.output("router_state_out", state);
    vector.choices("choice", choice, decided);
    vector.output("weight", weight, weighed);
    vector.output("moe", output, decided);
    finish(vector);
    router_state_ = as_f32(state);
  }

  VectorFile& file_;
  const Model& model_;
  SkipRule skip_;
  std::int64_t tokens_;
  Doubles router_state_;  // of the previous layer, [S,R]
  ModelVectorCounts counts_;
};

}  // namespace

std::int64_t model_vector_bytes(const ModelConfig& c, std::int64_t tokens) {
  const std::int64_t h = c.hidden_size, r = c.router_size;
  // The scalar model's trace in f64, and the vectors: inputs in f32, values and bounds in f64.
  const std::int64_t of_trace =
      8 * (7 * h + c.q_size() + 2 * c.kv_size() + 2 * r + 4 * (c.num_experts + 1));
  const std::int64_t of_vectors = 136 * h + 24 * r + 64;
  // A logit with its bound, its copy as reference and in the file, and the tensor of an output.
  const std::int64_t logit = 16 + 16 + 16 + 4;
  return tokens * (logit * c.vocab_size + c.num_blocks() * (of_trace + of_vectors) + 128 * h) +
         8 * c.vocab_size;
}

ModelVectorCounts add_model_vectors(VectorFile& file, const Model& model, SkipRule skip,
                                    std::span<const std::int32_t> ids) {
  Recorder seen;
  State state = model.empty_state(1);
  model.forward(TokenBatch::single(ids), state,
                {.slots = {}, .logits = LogitsFor::last_token, .observer = &seen});
  ModelVectors vectors(file, model, skip, static_cast<std::int64_t>(ids.size()));
  for (std::size_t i = 0; i < seen.blocks.size(); ++i) {
    vectors.layer(static_cast<std::int64_t>(i), seen.streams[i], seen.blocks[i]);
  }
  vectors.head(seen.streams.back());
  return vectors.counts();
}

}  // namespace kernelgate
