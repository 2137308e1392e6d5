// The routed experts of a block when they are stored in a file: the same kernel, on the slots that
// contain these tokens' experts. In each round, tokens whose expert is not resident are passed to
// the kernel as skips; their rows are copied from their own round.
#include <fmt/format.h>

#include <cstring>
#include <set>

#include "harness/model/bytes.hpp"
#include "harness/model/expert_offload.hpp"
#include "harness/model/kernel_model.hpp"

namespace kernelgate::model {

void KernelModel::run_offloaded_experts(std::int64_t n, std::int64_t block) {
  const std::int64_t row = config_.hidden_size * element_;
  const auto* choice = work_.ints(Buffer::choice);
  std::set<std::int32_t> chosen(choice, choice + n);
  chosen.erase(static_cast<std::int32_t>(config_.num_experts));
  auto* slots = as<std::int32_t>(work_.reserve(Buffer::slot_choice, n));
  const auto elsewhere = static_cast<std::int32_t>(offload_->resident());
  // Without skips (drop) any value will do in a row of another round; 0 costs the least work.
  const std::string_view rule = skip_ == SkipRule::identity ? "identity" : "zero";
  bool first = true;
  const auto round = [&](const std::vector<ExpertOffload::Place>& places) {
    for (std::int64_t t = 0; t < n; ++t) {
      slots[t] = elsewhere;
      for (const ExpertOffload::Place& p : places) {
        if (p.expert == choice[t]) slots[t] = p.slot;
      }
    }
    std::byte* const out = first ? work_[Buffer::hidden] : work_.reserve(Buffer::round_output, n);
    operations_.run({"experts", block, "expert_gemm"}, {n},
                    [&] {
                      return fmt::format("tokens={},hidden={},inter={},experts={},skip={},{}", n,
                                         config_.hidden_size, config_.expert_size,
                                         offload_->resident(), rule, name(type()));
                    },
                    {{"h", work_[Buffer::normed]},
                     {"choice", work_[Buffer::slot_choice]},
                     {"weight", work_[Buffer::probability]},
                     {"gate_up", offload_->gate_up()},
                     {"down", offload_->down()},
                     {"m", out}});
    for (std::int64_t t = 0; t < n && !first; ++t) {
      if (slots[t] == elsewhere) continue;
      std::memcpy(work_[Buffer::hidden] + t * row, out + t * row, static_cast<std::size_t>(row));
    }
    first = false;
  };
  offload_->visit(block, {chosen.begin(), chosen.end()}, round);
}

}  // namespace kernelgate::model
