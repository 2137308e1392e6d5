#include "harness/verify/run_bits.hpp"

namespace kernelgate {

std::vector<std::uint64_t> bits_of(const TensorSet& tensors) {
  std::vector<std::uint64_t> bits;
  bits.reserve(tensors.all().size());
  for (const Tensor& tensor : tensors.all()) bits.push_back(tensor.fingerprint());
  return bits;
}

std::vector<std::uint64_t> bits_of_run(const VariantOnDevice& runs, const Case& shape,
                                       DataMode mode, std::uint64_t seed) {
  TensorSet tensors(shape.tensors());
  shape.fill(tensors, mode, seed);
  tensors.poison_outputs();
  const std::unique_ptr<Launch> launch = runs.variant->prepare(shape, tensors, runs.device);
  launch->run();
  launch->fetch();
  launch->restore_process();
  return bits_of(tensors);
}

std::uint64_t joined(std::span<const std::uint64_t> bits) {
  std::uint64_t hash = 0;
  for (const std::uint64_t each : bits) hash = hash * 0x100000001b3U ^ each;
  return hash;
}

}  // namespace kernelgate
