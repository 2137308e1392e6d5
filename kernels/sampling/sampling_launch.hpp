// Arguments, shared memory and names of sampling's kernel, for the kernel and its host side.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"
#include "kernels/common/select/select_layout.hpp"

namespace kernelgate {

/// The inputs of all rows, in the order of SamplingCase::tensors(). Lists contain ids; values
/// outside [0,vocabulary) are ignored.
struct SamplingInputs {
  const void* logits;            // [rows, vocabulary] of the storage type
  const std::uint32_t* allowed;  // [rows, mask_words]; null: all
  const std::int32_t *stop, *bias_token, *prompt, *output;
  const float *bias_add, *numbers;
  const std::int32_t* integers;
  const std::uint64_t* seed;
  std::uint32_t vocabulary, real_ids, mask_words, biases, prompts, outputs;
};

/// Work memory and outputs of a launch. x is [rows, stride]; stride is a multiple of 8 and at least
/// vocabulary + 7, so that x can have the alignment of its logits. mentions is [rows, vocabulary],
/// null without lists.
struct SamplingWork {
  float* x;
  std::uint32_t* mentions;
  std::int32_t *token, *kept;
  float* probability;
  std::uint32_t stride, weight_bits, position_bits;
};

/// Division of the shared memory. Counters and bins of mass are never in use together. The rest
/// stores a row's entries once the filters have left few enough of them.
struct SamplingLayout {
  std::int64_t lds_bytes;
  std::int64_t mass_bits;  // of a digit of top-p's search: 2^mass_bits bins of 8 bytes

  static constexpr std::int64_t state_bytes = 32;  // sums, winners and alignment padding

  constexpr std::int64_t mass_bins() const { return std::int64_t{1} << mass_bits; }
  constexpr std::int64_t bin_bytes() const {
    return 8 * mass_bins() < 4 * SelectLayout::bins ? 4 * SelectLayout::bins : 8 * mass_bins();
  }
  constexpr std::int64_t list_capacity() const {
    return (lds_bytes - SelectLayout::state_bytes - state_bytes - bin_bytes()) / 16 * 2;
  }
};

inline constexpr SamplingLayout sampling_16k{16384, 10};
inline constexpr SamplingLayout sampling_64k{65536, 11};

/// Names of the instances.
constexpr InstanceName sampling_name(std::string_view type, std::int64_t wave,
                                     const SamplingLayout& layout) {
  return instance_name("sampling", type, instance_wave(wave),
                       InstanceNumber{"", layout.lds_bytes / 1024, "k"});
}

}  // namespace kernelgate
