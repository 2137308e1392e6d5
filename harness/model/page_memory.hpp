// Large memory that costs what is written to: reserved at once, committed page by page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate::model {

/// The address space does not hold a reservation. The message names the free memory and its limit.
struct NoAddressSpace : BadInput {
  using BadInput::BadInput;
};

/// Zeros until written. Throws NoAddressSpace naming `what`.
class PageMemory {
 public:
  PageMemory() = default;
  PageMemory(std::int64_t bytes, const std::string& what);
  ~PageMemory();
  PageMemory(PageMemory&& other) noexcept;
  PageMemory& operator=(PageMemory&& other) noexcept;
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  /// What was asked for.
  std::int64_t bytes() const { return bytes_; }
  /// Bytes of the pages that lie in memory now, by the operating system's word.
  std::int64_t committed() const;

 private:
  void unmap() noexcept;

  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// Largest size that this process' memory has had, file pages included (VmHWM).
std::int64_t peak_memory();

}  // namespace kernelgate::model
