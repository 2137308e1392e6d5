// expert_gemm on the host's threads, for four-bit weights, or for bf16 weights that instructions
// multiply as stored. An expert's tokens are packed into lanes. Sums of gate and up rows have the
// layout of the down projection's input, so nothing is transposed in between. An expert with few
// tokens streams its weights past them instead.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <span>
#include <vector>

#include "harness/core/registry.hpp"
#include "kernels/common/cpu/bf16_weights.hpp"
#include "kernels/common/cpu/work_items.hpp"
#include "kernels/expert_gemm/experts_shape.hpp"
#include "kernels/expert_gemm/swiglu_lanes.hpp"
#include "kernels/expert_gemm/token_groups.hpp"

namespace kernelgate {

/// Rows begin .. end - 1 of one block's expert.
struct ExpertPiece {
  std::size_t block = 0;
  std::int64_t begin = 0, end = 0;
};

/// Weight: a type of bf16_weights.hpp, or FourBitWeight<T>.
template <class T, class Weight>
class ExpertsOnHost final : public Launch {
  using Panels = typename Weight::Panels;

 public:
  /// `gate_up` and `down` contain all experts' rows, `t` the other tensors.
  ExpertsOnHost(const ExpertsShape& c, TensorSet& t, const Weight& gate_up, const Weight& down)
      : c_(c),
        h_(t["h"].as<T>().data()),
        gate_up_(gate_up),
        down_(down),
        m_(t["m"].as<T>().data()),
        weight_(t["weight"].as<float>().data()),
        choice_(t["choice"].as<std::int32_t>()),
        x_("tokens", floats_for(c.hidden)),
        inner_("inner", floats_for(c.inter)),
        memory_(PanelWorkspace::floats) {}

  void run() override {
    groups_.group(choice_, c_.experts, tokens_per_block);
    for_each_host_item("skip", static_cast<std::int64_t>(groups_.skipping().size()),
                       [this](std::int64_t i) { skip(groups_.skipping()[i]); });
    pack_all();
    const std::vector<ExpertPiece> first = pieces(c_.inter, gate_up_, rows_a_call / 2);
    for_each_host_item("gate and up", static_cast<std::int64_t>(first.size()),
                       [&, this](std::int64_t i) { gate_up(first[i]); });
    const std::vector<ExpertPiece> second = pieces(c_.hidden, down_, rows_a_call);
    for_each_host_item("down", static_cast<std::int64_t>(second.size()),
                       [&, this](std::int64_t i) { down(second[i]); });
  }

 private:
  const std::vector<TokenBlock>& blocks() const { return groups_.blocks(); }
  static bool is_few(const TokenBlock& b) { return b.tokens <= Weight::max_streamed; }

  // Blocks are stored one after the other; each may need up to lane_count - 1 lanes more than it
  // has tokens.
  std::size_t floats_for(std::int64_t terms) const {
    const std::int64_t max_blocks =
        std::min(c_.tokens, c_.experts + c_.tokens / tokens_per_block + 1);
    return static_cast<std::size_t>((c_.tokens + max_blocks * lane_count) *
                                    FewTokens::stride_of(terms));
  }
  float* place(float* memory, std::size_t block, std::int64_t terms) const {
    const std::int64_t before =
        blocks()[block].first + static_cast<std::int64_t>(block) * lane_count;
    return memory + before * FewTokens::stride_of(terms);
  }
  Panels panels(float* memory, std::size_t block, std::int64_t terms) const {
    return {place(memory, block, terms), blocks()[block].tokens, terms};
  }
  FewTokens few(float* memory, std::size_t block, std::int64_t terms) const {
    return {place(memory, block, terms), FewTokens::stride_of(terms), terms};
  }

  std::vector<ExpertPiece> pieces(std::int64_t rows, const Weight& weight,
                                  std::int64_t most) const {
    std::vector<ExpertPiece> list;
    for (std::size_t b = 0; b < blocks().size(); ++b) {
      const std::int64_t step =
          is_few(blocks()[b]) ? std::min<std::int64_t>(
                                    rows_a_stream(weight.row_bytes(), weight.stream_bytes()), 512)
                              : rows_a_piece(rows, static_cast<std::int64_t>(blocks().size()),
                                             Weight::rows_per_tile, most);
      for (std::int64_t r = 0; r < rows; r += step)
        list.push_back({b, r, std::min(r + step, rows)});
    }
    return list;
  }

  void pack_all() const {
    const auto count = static_cast<std::int64_t>(blocks().size());
    if (c_.tokens <= few_tokens) {  // done in less time than threads take to start
      for (std::int64_t b = 0; b < count; ++b) pack(b, 0);
      return;
    }
    constexpr std::int64_t panels = tokens_per_block / panel_lanes;
    for_each_host_item("pack", count * panels,
                       [this](std::int64_t i) { pack(i / panels, i % panels); });
  }

  void skip(std::int64_t token) const {
    const T* h = h_ + token * c_.hidden;
    for (std::int64_t o = 0; o < c_.hidden; ++o) {
      const float value = c_.skip == SkipRule::identity ? weight_[token] * to_float(h[o]) : 0;
      m_[token * c_.hidden + o] = from_float<T>(value);
    }
  }

  void pack(std::int64_t index, std::int64_t panel) const {
    const auto b = static_cast<std::size_t>(index);
    const TokenBlock& block = blocks()[b];
    const auto row_of = [&](std::int64_t t) {
      return h_ + groups_.token(block.first + t) * c_.hidden;
    };
    if (!is_few(block)) {
      const Panels x = panels(x_.data(), b, c_.hidden);
      if (panel >= x.panels()) return;
      x.pack(panel, row_of);
      panels(inner_.data(), b, c_.inter).clear_padding(panel);
      return;
    }
    if (panel > 0) return;
    for (std::int64_t t = 0; t < block.tokens; ++t) {
      float* row = place(x_.data(), b, c_.hidden) + t * FewTokens::stride_of(c_.hidden);
      gate_up_.lay_out(row_of(t), row);
      std::fill(row + c_.hidden, row + FewTokens::stride_of(c_.hidden), 0.0F);
      const std::int64_t stride = FewTokens::stride_of(c_.inter);
      float* inner = place(inner_.data(), b, c_.inter) + t * stride;
      std::fill(inner + c_.inter, inner + stride, 0.0F);
    }
  }

  void gate_up(const ExpertPiece& p) const {
    const std::int64_t first = blocks()[p.block].expert * 2 * c_.inter + p.begin;
    const Weight gate = gate_up_.from(first), up = gate_up_.from(first + c_.inter);
    memory_.with([&](float* memory) {
      if (is_few(blocks()[p.block]))
        gate_up_few(p, gate, up, memory);
      else
        gate_up_panels(p, gate, up, PanelWorkspace(memory));
    });
  }

  void gate_up_panels(const ExpertPiece& p, const Weight& gate, const Weight& up,
                      PanelWorkspace work) const {
    const std::int64_t rows = p.end - p.begin;
    const Panels x = panels(x_.data(), p.block, c_.hidden);
    const Panels inner = panels(inner_.data(), p.block, c_.inter);
    PanelWorkspace ups = work;
    ups.sums += rows_a_call / 2 * PanelWorkspace::sum_stride;
    gate.multiply(rows, x, work);
    up.multiply(rows, x, ups);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t lane = 0; lane < x.lanes(); lane += lane_count) {
        const std::int64_t at = r * PanelWorkspace::sum_stride + lane;
        inner.put(lane, p.begin + r,
                  swiglu_lanes<T>(load_lanes(work.sums + at), load_lanes(ups.sums + at)));
      }
    }
  }

  void gate_up_few(const ExpertPiece& p, const Weight& gate, const Weight& up, float* gates) const {
    const std::int64_t rows = p.end - p.begin, stride = FewTokens::stride_of(rows);
    const std::int64_t tokens = blocks()[p.block].tokens;
    const FewTokens x = few(x_.data(), p.block, c_.hidden);
    float* ups = gates + few_tokens * stride;
    gate.dots(0, rows, x, tokens,
              [=](std::int64_t t, std::int64_t r, float sum) { gates[t * stride + r] = sum; });
    up.dots(0, rows, x, tokens,
            [=](std::int64_t t, std::int64_t r, float sum) { ups[t * stride + r] = sum; });
    for (std::int64_t t = 0; t < tokens; ++t) {
      float* inner = place(inner_.data(), p.block, c_.inter) + t * FewTokens::stride_of(c_.inter);
      for (std::int64_t r = 0; r < rows; r += lane_count) {
        const std::int64_t at = t * stride + r,
                           count = std::min<std::int64_t>(lane_count, rows - r);
        down_.lay_out_lanes(
            inner, p.begin + r,
            swiglu_lanes<T>(load_some_lanes(gates + at, count), load_some_lanes(ups + at, count)),
            count);
      }
    }
  }

  void down(const ExpertPiece& p) const {
    const TokenBlock& block = blocks()[p.block];
    const Weight rows = down_.from(block.expert * c_.hidden + p.begin);
    if (is_few(block)) {
      rows.dots(0, p.end - p.begin, few(inner_.data(), p.block, c_.inter), block.tokens,
                [&](std::int64_t t, std::int64_t r, float sum) {
                  const std::int64_t token = groups_.token(block.first + t);
                  m_[token * c_.hidden + p.begin + r] = from_float<T>(weight_[token] * sum);
                });
      return;
    }
    memory_.with([&](float* memory) {
      const PanelWorkspace work(memory);
      rows.multiply(p.end - p.begin, panels(inner_.data(), p.block, c_.inter), work);
      hand_out_sums(work.sums, p.end - p.begin, block.tokens,
                    [&](std::int64_t t, std::int64_t r, Lanes sums, std::int64_t count) {
                      const std::int64_t token = groups_.token(block.first + t);
                      store_first_lanes(m_ + token * c_.hidden + p.begin + r, weight_[token] * sums,
                                        count);
                    });
    });
  }

  ExpertsShape c_;
  const T* h_;
  Weight gate_up_, down_;
  T* m_;
  const float* weight_;
  std::span<const std::int32_t> choice_;
  HostGroups groups_;
  Kokkos::View<float*, Kokkos::HostSpace> x_, inner_;
  ThreadMemory memory_;
};

}  // namespace kernelgate
