// Large memory reserved at once and committed page by page, so only written pages cost memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate::model {

/// A reservation does not fit the address space. The message gives the free memory and its limit.
struct NoAddressSpace : BadInput {
  using BadInput::BadInput;
};

/// Zero until written. The constructor throws NoAddressSpace naming `what`.
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
  /// The requested size.
  std::int64_t bytes() const { return bytes_; }
  /// Bytes of the pages that the operating system reports as resident now.
  std::int64_t committed() const;

 private:
  void unmap() noexcept;

  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// Peak resident size of this process, file pages included (VmHWM).
std::int64_t peak_memory();

}  // namespace kernelgate::model
