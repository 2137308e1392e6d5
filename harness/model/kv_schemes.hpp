// Bytes that an attention scheme keeps of a text, two ways: by the closed form of spec 3.8, and as
// an allocator hands them out. Where the two differ a saving is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/dtype.hpp"
#include "harness/model/sequence_store.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

/// What one layer keeps of one token, in numbers of the storage type, at the model's width H.
struct KvScheme {
  std::string name;  // "CCGQA", "MLA", "GQA", "MHA"
  std::string what;  // "2 kv heads x 128, keys and values"
  std::int64_t numbers = 0;
  bool fixed_state = false;  // convolution and lag state, f32, beside the cache
};

/// CCGQA as the model is; MLA with a latent of 512 and 64 rotary dims; GQA with one kv head for
/// four query heads of 128; MHA with H / 128 heads of 128 (spec 3.8: all of width H).
std::vector<KvScheme> kv_schemes(const reference::ModelConfig& config);

struct KvBytes {
  std::int64_t cache = 0;       // min(tokens, window) positions of every layer
  std::int64_t unwindowed = 0;  // if every layer kept every token
  std::int64_t fixed = 0;       // per sequence, whatever its length
  bool operator==(const KvBytes&) const = default;
};

/// The closed form, for one sequence of so many tokens.
KvBytes closed_form(const KvScheme& scheme, const reference::ModelConfig& config, Dtype type,
                    std::int64_t tokens);

/// What the allocator gave. `committed` is the memory that the operating system counts after every
/// row was written; absent where that was not tried.
struct KvAllocation {
  std::int64_t cache = 0, fixed = 0;
  std::int64_t committed = -1;
};

/// Allocates for one sequence of that length, with `commit` writes every row, and counts. The cache
/// of CCGQA, GQA and MHA is the one that the model on kernels uses; that of MLA is one row a token.
KvAllocation allocate_kv(const KvScheme& scheme, const reference::ModelConfig& config, Dtype type,
                         std::int64_t tokens, bool commit);

/// Why an allocation breaks the closed form, in words with the numbers; nothing when it does not.
/// Committed pages may exceed the cache by one page at either end of each layer's part.
std::string lost_saving(const KvBytes& expected, const KvAllocation& got,
                        const reference::ModelConfig& config);

}  // namespace kernelgate::model
