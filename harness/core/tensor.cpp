#include "harness/core/tensor.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

constexpr unsigned char guard_band_byte = 0xA7;

std::uint64_t load_bits(const std::byte* from, std::int64_t bytes) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, from, static_cast<std::size_t>(bytes));
  return bits;
}

// Sign bit clear, all exponent bits set, a fraction that no arithmetic produces by itself.
std::uint64_t poison_bits(Dtype type) {
  switch (type) {
    case Dtype::f32:
      return 0x7FE5A5A5ULL;
    case Dtype::bf16:
      return 0x7FE5ULL;
    case Dtype::f16:
      return 0x7FA5ULL;
    case Dtype::f64:
      return 0x7FFCA5A5A5A5A5A5ULL;
    default:
      return 0xA5A5A5A5A5A5A5A5ULL;
  }
}

bool all_red(const std::byte* zone) {
  return std::all_of(zone, zone + Tensor::guard_band_bytes,
                     [](std::byte b) { return b == std::byte{guard_band_byte}; });
}

}  // namespace

std::int64_t TensorSpec::count() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product) ||
        product > (std::int64_t{1} << 59)) {
      throw BadInput("tensor '" + name + "': its shape has more elements than memory can hold");
    }
  }
  return product;
}

Tensor::Tensor(TensorSpec spec) : spec_(std::move(spec)), count_(spec_.count()) {
  const std::int64_t size = bytes() + 2 * guard_band_bytes;
  memory_ = large_memory(size);
  if (!memory_) {
    throw MissingResource("tensor '" + spec_.name + "': no memory for " + std::to_string(size) +
                          " bytes: " + free_memory().describe());
  }
  data_ = memory_.get() + guard_band_bytes;
  std::memset(memory_.get(), guard_band_byte, guard_band_bytes);
  std::memset(data_ + bytes(), guard_band_byte, guard_band_bytes);
}

Tensor::Tensor(TensorSpec spec, std::byte* memory)
    : spec_(std::move(spec)), count_(spec_.count()), data_(memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (address % static_cast<std::uintptr_t>(size_bytes(spec_.type)) != 0) {
    throw std::logic_error("tensor '" + spec_.name + "': its memory is not aligned to its type");
  }
}

void Tensor::require(Dtype type) const {
  if (type != spec_.type) {
    throw std::logic_error("tensor '" + spec_.name + "' holds " +
                           std::string(kernelgate::name(spec_.type)) + ", read as " +
                           std::string(kernelgate::name(type)));
  }
}

double Tensor::get(std::int64_t index) const {
  const std::int64_t size = size_bytes(spec_.type);
  return decode(spec_.type, load_bits(data_ + index * size, size));
}

void Tensor::set(std::int64_t index, double value) {
  const std::int64_t size = size_bytes(spec_.type);
  const std::uint64_t bits = encode(spec_.type, value);
  std::memcpy(data_ + index * size, &bits, static_cast<std::size_t>(size));
}

void Tensor::copy_from(const Tensor& other) {
  if (other.spec_.type != spec_.type || other.count_ != count_) {
    throw std::logic_error("tensor '" + spec_.name + "' cannot take over '" + other.spec_.name +
                           "'");
  }
  constexpr std::int64_t piece = std::int64_t{1} << 20;
  const std::int64_t total = bytes();
#pragma omp parallel for schedule(static) if (total > piece)
  for (std::int64_t at = 0; at < total; at += piece) {
    std::memcpy(data_ + at, other.data_ + at,
                static_cast<std::size_t>(std::min(piece, total - at)));
  }
}

void Tensor::poison() {
  const std::uint64_t bits = poison_bits(spec_.type);
  const std::int64_t size = size_bytes(spec_.type);
  for (std::int64_t i = 0; i < count_; ++i) {
    std::memcpy(data_ + i * size, &bits, static_cast<std::size_t>(size));
  }
}

bool Tensor::is_poison(std::int64_t index) const {
  const std::int64_t size = size_bytes(spec_.type);
  const std::uint64_t mask = size == 8 ? ~0ULL : (1ULL << (8 * size)) - 1;
  return load_bits(data_ + index * size, size) == (poison_bits(spec_.type) & mask);
}

bool Tensor::guard_bands_intact() const {
  return memory_ == nullptr || (all_red(memory_.get()) && all_red(data_ + bytes()));
}

std::uint64_t Tensor::fingerprint() const {
  std::uint64_t hash = 0;
  const std::int64_t words = bytes() / 8;
  for (std::int64_t i = 0; i < words; ++i) {
    hash = (hash ^ load_bits(data_ + 8 * i, 8)) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
  }
  return mix64(hash ^ load_bits(data_ + 8 * words, bytes() - 8 * words));
}

TensorSet::TensorSet(const std::vector<TensorSpec>& specs) {
  // All tensors are written before the kernel runs, so their memory must exist. Small sets skip the
  // check, which reads files of /proc.
  constexpr std::int64_t small = std::int64_t{16} << 20;
  std::int64_t total = 0;
  for (const TensorSpec& spec : specs) {
    if (__builtin_add_overflow(total, spec.count() * size_bytes(spec.type), &total)) {
      throw BadInput("tensors: more elements than memory can hold");
    }
  }
  if (total > small) require_memory(total, "tensors of the case");
  tensors_.reserve(specs.size());
  for (const TensorSpec& spec : specs) tensors_.emplace_back(spec);
}

Tensor& TensorSet::operator[](std::string_view name) {
  return const_cast<Tensor&>(std::as_const(*this)[name]);
}

const Tensor& TensorSet::operator[](std::string_view name) const {
  std::string existing;
  for (const Tensor& tensor : tensors_) {
    if (tensor.spec().name == name) return tensor;
    existing += " " + tensor.spec().name;
  }
  throw std::logic_error("no tensor '" + std::string(name) + "'; the case has:" + existing);
}

std::int64_t TensorSet::bytes() const {
  std::int64_t total = 0;
  for (const Tensor& tensor : tensors_) total += tensor.bytes();
  return total;
}

void TensorSet::copy_from(const TensorSet& other) {
  for (std::size_t i = 0; i < tensors_.size(); ++i) tensors_[i].copy_from(other.tensors_.at(i));
}

void TensorSet::poison_outputs() {
  for (Tensor& tensor : tensors_) {
    if (tensor.spec().role == Role::output) tensor.poison();
  }
}

}  // namespace kernelgate
