#include "harness/model/expert_offload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "harness/core/error.hpp"
#include "harness/core/pieces.hpp"

namespace kernelgate::model {
namespace {

void copy(const std::byte* from, std::int64_t bytes, std::byte* to) {
  constexpr std::int64_t piece = 1 << 20;
  const std::int64_t steps = pieces(bytes, piece);
#pragma omp parallel for schedule(static) if (steps > 1)
  for (std::int64_t p = 0; p < steps; ++p) {
    const std::int64_t begin = p * piece;
    std::memcpy(to + begin, from + begin, static_cast<std::size_t>(std::min(piece, bytes - begin)));
  }
}

std::size_t slots_of(const ExpertFile& file, std::int64_t resident) {
  if (resident < 1) {
    throw BadInput(fmt::format("--resident-experts: expected at least 1, got {}", resident));
  }
  return static_cast<std::size_t>(std::min(resident, file.layers() * file.experts()));
}

}  // namespace

ExpertOffload::ExpertOffload(ExpertFile file, std::int64_t resident)
    : file_(std::move(file)),
      slots_(slots_of(file_, resident)),
      gate_up_(this->resident() * file_.gate_up_bytes(), "resident experts"),
      down_(this->resident() * file_.down_bytes(), "resident experts") {}

std::int32_t ExpertOffload::find(std::int64_t layer, std::int32_t expert) const {
  const auto at = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.layer == layer && slot.expert == expert;
  });
  return at == slots_.end() ? -1 : static_cast<std::int32_t>(at - slots_.begin());
}

// An unused slot counts as older than all used ones; among unused slots the first is taken.
std::int32_t ExpertOffload::bring(std::int64_t layer, std::int32_t expert) {
  const auto victim = std::min_element(
      slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) { return a.used < b.used; });
  const auto slot = victim - slots_.begin();
  if (victim->used > 0) ++counts_.evictions;
  const auto start = std::chrono::steady_clock::now();
  const ExpertFile::Expert from = file_.expert(layer, expert);
  copy(from.gate_up, file_.gate_up_bytes(), gate_up_.data() + slot * file_.gate_up_bytes());
  copy(from.down, file_.down_bytes(), down_.data() + slot * file_.down_bytes());
  file_.release(layer, expert);
  counts_.seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  counts_.bytes += file_.expert_bytes();
  victim->layer = layer;
  victim->expert = expert;
  return static_cast<std::int32_t>(slot);
}

void ExpertOffload::visit(std::int64_t layer, const std::vector<std::int32_t>& experts,
                          const std::function<void(const std::vector<Place>&)>& use) {
  std::vector<std::int32_t> order(experts);
  std::stable_partition(order.begin(), order.end(),
                        [&](std::int32_t e) { return find(layer, e) >= 0; });
  std::vector<Place> round;
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::int32_t slot = find(layer, order[i]);
    ++(slot >= 0 ? counts_.hits : counts_.misses);
    if (slot < 0) slot = bring(layer, order[i]);
    slots_[static_cast<std::size_t>(slot)].used = ++clock_;
    round.push_back({order[i], slot});
    if (round.size() < slots_.size() && i + 1 < order.size()) continue;
    use(round);
    round.clear();
  }
  if (order.empty()) use({});
}

std::vector<std::pair<std::int64_t, std::int64_t>> ExpertOffload::by_recency() const {
  std::vector<Slot> used;
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(used),
               [](const Slot& slot) { return slot.used > 0; });
  std::sort(used.begin(), used.end(), [](const Slot& a, const Slot& b) { return a.used > b.used; });
  std::vector<std::pair<std::int64_t, std::int64_t>> list;
  list.reserve(used.size());
  for (const Slot& slot : used) list.emplace_back(slot.layer, slot.expert);
  return list;
}

}  // namespace kernelgate::model
