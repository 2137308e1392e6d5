// Cache bytes of an attention scheme for one sequence: by the closed form of spec 3.8, and as
// actually allocated. A difference means that a saving is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/dtype.hpp"
#include "harness/model/sequence_store.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// What one layer caches per token, in numbers of the storage type, at the model's width H.
struct KvScheme {
  std::string name;  // "CCGQA", "MLA", "GQA", "MHA"
  std::string what;  // "2 kv heads x 128, keys and values"
  std::int64_t numbers = 0;
  bool fixed_state = false;  // convolution and lag state, f32, beside the cache
};

/// CCGQA with the model's shape; MLA with a latent of 512 and 64 rotary dims; GQA with one kv head
/// per four query heads of 128; MHA with H / 128 heads of 128 (spec 3.8: all of width H).
std::vector<KvScheme> kv_schemes(const reference::ModelConfig& config);

struct KvBytes {
  std::int64_t cache = 0;       // min(tokens, window) positions of every layer
  std::int64_t unwindowed = 0;  // if every layer cached every token
  std::int64_t fixed = 0;       // per sequence, independent of its length
  bool operator==(const KvBytes&) const = default;
};

/// The closed form for one sequence of `tokens` tokens.
KvBytes closed_form(const KvScheme& scheme, const reference::ModelConfig& config, Dtype type,
                    std::int64_t tokens);

/// Allocated bytes. `committed`: memory that the operating system counts once every row was
/// written; -1 if not measured.
struct KvAllocation {
  std::int64_t cache = 0, fixed = 0;
  std::int64_t committed = -1;
};

/// Allocates for one sequence of that length and counts the bytes; with `commit` it writes every
/// row. CCGQA, GQA and MHA use the cache of the model on kernels; MLA uses one row per token.
KvAllocation allocate_kv(const KvScheme& scheme, const reference::ModelConfig& config, Dtype type,
                         std::int64_t tokens, bool commit);

/// Describes, with the numbers, how an allocation differs from the closed form; empty if it does
/// not. Committed pages may exceed the cache by one page at either end of each layer's keys and
/// values.
std::string lost_saving(const KvBytes& expected, const KvAllocation& got,
                        const reference::ModelConfig& config);

}  // namespace kernelgate::model
