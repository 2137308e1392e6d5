#include "harness/model/forward_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/model/drift.hpp"
#include "harness/model/finite_check.hpp"
#include "harness/model/local_check.hpp"
#include "reference/precision.hpp"

namespace kernelgate {
namespace {

/// Passes the residual streams of a chunk of tokens to the dump and to the comparison's recorder.
class Watch final : public model::LayerObserver {
 public:
  Watch(std::int64_t hidden, ForwardDump* dump, model::StreamRecorder* recorder)
      : hidden_(hidden), dump_(dump), recorder_(recorder) {}

  void on_input(std::int64_t, std::span<const float> residual) override {
    const auto width = static_cast<std::size_t>(hidden_);
    if (dump_ != nullptr) {
      dump_->add_input(residual, static_cast<std::int64_t>(residual.size() / width));
    }
  }

  void on_block(std::int64_t first, std::int64_t block, std::span<const float> residual,
                std::span<const std::int32_t> choice, std::span<const float> probability) override {
    if (dump_ != nullptr) dump_->add_block(block, residual, choice, probability);
    if (recorder_ != nullptr) recorder_->on_block(first, block, residual, choice, probability);
  }

 private:
  std::int64_t hidden_;
  ForwardDump* dump_;
  model::StreamRecorder* recorder_;
};

/// Passes every operation to two observers.
class Both final : public model::OperationObserver {
 public:
  Both(model::OperationObserver* a, model::OperationObserver* b) : each_{a, b} {}

  void before(const model::Operation& o, const Case& c, const TensorSet& set) override {
    for (model::OperationObserver* x : each_) {
      if (x != nullptr) x->before(o, c, set);
    }
  }
  void after(const model::Operation& o, const Case& c, const TensorSet& set) override {
    for (model::OperationObserver* x : each_) {
      if (x != nullptr) x->after(o, c, set);
    }
  }

 private:
  std::array<model::OperationObserver*, 2> each_;
};

void print_finite(const model::FiniteCheck& check) {
  fmt::print(
      "\nlargest finite result of each operation, compared with the limit of its storage type\n");
  fmt::print("  {:<20} {:>6} {:>12} {:>12}  {:>9}  {}\n", "operation", "runs", "largest", "end",
             "share", "where");
  for (const auto& [operation, room] : check.by_operation()) {
    fmt::print("  {:<20} {:>6} {:>12.5g} {:>12.5g}  {:>8.2g}%  {}{}\n", operation, room.runs,
               room.largest, room.limit, 100 * room.largest / room.limit, room.tensor,
               room.layer < 0 ? "" : fmt::format(", layer {}", room.layer));
  }
  if (check.all_finite()) {
    fmt::print("  every result is a finite number\n");
    return;
  }
  fmt::print("  FIRST NON-FINITE  {}\n                    {}\n", check.first(),
             check.inputs_of_first());
}

void print_local(const model::LocalCheck& check) {
  fmt::print("\nlocal errors: each operation judged on its own inputs, by its own error bound\n");
  fmt::print("  {:<20} {:>6} {:>12} {:>8}  {:<14} {}\n", "operation", "runs", "judged", "outside",
             "worst", "");
  for (const auto& [operation, e] : check.by_operation()) {
    std::string properties;
    for (const std::string& p : e.properties) properties += (properties.empty() ? "" : "; ") + p;
    fmt::print("  {:<20} {:>6} {:>12} {:>8}  {:<14} {}\n", operation, e.runs, e.elements, e.outside,
               fmt::format("{:.3f}{}", e.worst_ratio,
                           e.worst_layer < 0 ? "" : fmt::format(" layer {}", e.worst_layer)),
               properties);
  }
  fmt::print("  {}\n", check.all_inside() ? "every operation is within its error bound"
                                          : "FIRST OUTSIDE  " + check.first_outside());
  if (!check.first_non_finite().empty()) {
    fmt::print("  first non-finite: {}\n", check.first_non_finite());
  }
}

void print_drift(const char* against, const model::Drift& d) {
  fmt::print("\ndrift against {}\n", against);
  const std::size_t shown = std::min<std::size_t>(d.blocks.size(), 4);
  const auto line = [&](std::size_t i) {
    fmt::print("  stream after layer {:<3} largest {:.3g}, relative rms {:.3g}\n", i,
               d.blocks[i].largest, d.blocks[i].relative_rms);
  };
  for (std::size_t i = 0; i < shown; ++i) line(i);
  if (d.blocks.size() > shown) line(d.blocks.size() - 1);
  fmt::print("  logits largest {:.3g}, mean KL {:.3g} nats per token, argmax differs at {} of {}\n",
             d.logits_largest, d.mean_kl, d.argmax_differs, d.tokens);
  fmt::print(
      "  router: the reference followed the kernels' choice at {} of {}, over a margin of at "
      "most {:.3g}\n",
      d.followed, d.routed, d.widest_followed);
}

void compare_with_reference(const KernelSession& session, const ModelSource& source,
                            std::span<const std::int32_t> ids, const model::StreamRecorder& stream,
                            const model::KernelLogits& logits) {
  const Dtype type = session.weights().type();
  const SkipRule skip = reference::parse_skip_rule(source.skip);
  const reference::Checkpoint& c = session.checkpoint();
  const reference::Model same(c.config, c.weights, reference::Precision::kernels(type), skip);
  print_drift(fmt::format("the scalar model that stores {}", name(type)).c_str(),
              measure_drift(same, ids, stream, logits));
  if (type == Dtype::f32) return;
  const reference::Model f32(c.config, c.weights, reference::Precision::f32(), skip);
  const model::Drift d = measure_drift(f32, ids, stream, logits);
  print_drift("the scalar model that stores f32, same weights", d);
  fmt::print(
      "  (two engines of the published model agreed to a mean KL of 1.3e-4, spec 2.2; here "
      "{:.2g})\n",
      d.mean_kl);
}

}  // namespace

KernelForwardResult run_kernel_forward(KernelSession& session, const ModelSource& source,
                                       std::span<const std::int32_t> ids,
                                       const KernelForward& options, ForwardDump& dump) {
  KernelForwardResult result;
  model::KernelModel& m = session.model();
  model::SequenceStore store = m.make_store(1, static_cast<std::int64_t>(ids.size()));
  model::LocalCheck check(options.seed);
  model::StreamRecorder recorder;
  Watch watch(m.config().hidden_size, options.dump_all ? &dump : nullptr,
              options.compare ? &recorder : nullptr);
  model::FiniteCheck finite;
  Both observers(options.compare ? &check : nullptr, options.check_finite ? &finite : nullptr);
  if (options.compare || options.check_finite) m.operations().observe(&observers);
  model::KernelLogits all;
  all.vocabulary = m.config().vocab_size;
  const std::size_t step = options.chunk > 0 ? static_cast<std::size_t>(options.chunk) : ids.size();
  for (std::size_t from = 0; from < ids.size(); from += step) {
    const auto chunk = ids.subspan(from, std::min(step, ids.size() - from));
    const model::SequenceChunk one{0, chunk};
    const model::KernelLogits logits = m.forward(
        {&one, 1}, store, {.observer = options.dump_all || options.compare ? &watch : nullptr});
    dump.add_logits(logits.values, logits.rows);
    for (std::int64_t t = 0; t < logits.rows; ++t) {
      result.argmax += fmt::format(" {}", logits.argmax(t));
    }
    if (!options.compare) continue;
    all.rows += logits.rows;
    all.values.insert(all.values.end(), logits.values.begin(), logits.values.end());
  }
  m.operations().observe(nullptr);
  if (session.offload() != nullptr) fmt::print("{}\n", describe(session.offload()->counts()));
  if (options.check_finite) {
    print_finite(finite);
    if (!finite.all_finite()) result.exit = ExitCode::incorrect;
  }
  if (!options.compare) return result;
  print_local(check);
  compare_with_reference(session, source, ids, recorder, all);
  if (!check.all_inside()) result.exit = ExitCode::incorrect;
  return result;
}

}  // namespace kernelgate
