// Host tensors between guard bands. Kernels access only these, which detects a write past the end,
// a missing write (outputs start as NaN) and a write to an input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/dtype.hpp"
#include "harness/core/large_memory.hpp"

namespace kernelgate {

/// What a kernel may do with a tensor: read it, write all of it, or read and update it.
enum class Role { input, output, state };

/// Name, element type and shape (row-major, last axis contiguous) of one argument of a kernel.
struct TensorSpec {
  std::string name;
  Dtype type = Dtype::f32;
  std::vector<std::int64_t> shape;
  Role role = Role::input;

  /// Number of elements. Throws BadInput if the product exceeds 2^62 bytes.
  std::int64_t count() const;
  std::int64_t bytes() const { return count() * size_bytes(type); }
};

/// A tensor that owns its memory, 64-byte aligned, with a guard band of guard_band_bytes on either
/// side; or a view.
class Tensor {
 public:
  static constexpr std::int64_t guard_band_bytes = 4096;

  explicit Tensor(TensorSpec spec);
  /// A non-owning view, such as a model's weights or its cache. The memory must contain
  /// spec.bytes(), aligned to the type, and outlive the view. An input's memory is never written. A
  /// view has no guard bands.
  Tensor(TensorSpec spec, std::byte* memory);

  const TensorSpec& spec() const { return spec_; }
  std::int64_t count() const { return count_; }
  std::int64_t bytes() const { return count_ * size_bytes(spec_.type); }
  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }

  /// Whether the memory is owned elsewhere.
  bool is_view() const { return memory_ == nullptr; }

  /// Elements as T. Throws std::logic_error if T is not the tensor's type.
  template <class T>
  std::span<T> as() {
    require(dtype_of<T>);
    return {reinterpret_cast<T*>(data_), static_cast<std::size_t>(count_)};
  }
  template <class T>
  std::span<const T> as() const {
    require(dtype_of<T>);
    return {reinterpret_cast<const T*>(data_), static_cast<std::size_t>(count_)};
  }

  /// One element as a double, whatever the type; set() rounds once to the type.
  double get(std::int64_t index) const;
  void set(std::int64_t index, double value);

  /// Copies the contents of a tensor of the same type and shape; guard bands are unchanged.
  void copy_from(const Tensor& other);
  /// Fills with a NaN (floating) or 0xA5A5… (integer), so that unwritten elements are detected.
  void poison();
  /// Whether the element still has the bit pattern of poison().
  bool is_poison(std::int64_t index) const;

  /// Whether the guard bands are unchanged; true for a view, which has none.
  bool guard_bands_intact() const;
  /// Hash of the contents: changes when a kernel writes to an input.
  std::uint64_t fingerprint() const;

 private:
  void require(Dtype type) const;

  TensorSpec spec_;
  std::int64_t count_ = 0;
  LargeMemory memory_;
  std::byte* data_ = nullptr;
};

/// The tensors of one case, by name.
class TensorSet {
 public:
  explicit TensorSet(const std::vector<TensorSpec>& specs);
  /// Takes the tensors unchanged, such as views of memory that outlives the set.
  explicit TensorSet(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}

  /// Throws std::logic_error with the tensor's name and those that exist.
  Tensor& operator[](std::string_view name);
  const Tensor& operator[](std::string_view name) const;
  std::vector<Tensor>& all() { return tensors_; }
  const std::vector<Tensor>& all() const { return tensors_; }
  std::int64_t bytes() const;
  /// Copies the contents of a set made from the same specs.
  void copy_from(const TensorSet& other);
  void poison_outputs();

 private:
  std::vector<Tensor> tensors_;
};

}  // namespace kernelgate
