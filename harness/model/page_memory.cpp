#include "harness/model/page_memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "harness/core/control_groups.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/pieces.hpp"

namespace kernelgate::model {
PageMemory::PageMemory(std::int64_t bytes, const std::string& what) : bytes_(bytes) {
  if (bytes == 0) return;
  void* start = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) {
    const std::string reason = std::strerror(errno);
    throw NoAddressSpace(fmt::format("{}: needs {:.2f} GB of address space, {}: {}", what,
                                     1e-9 * static_cast<double>(bytes), free_memory().describe(),
                                     reason));
  }
  data_ = static_cast<std::byte*>(start);
}

PageMemory::~PageMemory() { unmap(); }

PageMemory::PageMemory(PageMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  data_ = std::exchange(other.data_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void PageMemory::unmap() noexcept {
  if (data_ != nullptr) munmap(data_, static_cast<std::size_t>(bytes_));
}

std::int64_t PageMemory::committed() const {
  if (bytes_ == 0) return 0;
  const std::int64_t page = sysconf(_SC_PAGESIZE);
  constexpr std::int64_t pages_a_call = 1 << 16;
  std::vector<unsigned char> state(pages_a_call);
  std::int64_t resident = 0;
  for (std::int64_t at = 0; at < bytes_; at += pages_a_call * page) {
    const std::int64_t length = std::min(pages_a_call * page, bytes_ - at);
    if (mincore(data_ + at, static_cast<std::size_t>(length), state.data()) != 0) continue;
    const std::int64_t pages = pieces(length, page);
    resident += std::count_if(state.begin(), state.begin() + pages,
                              [](unsigned char s) { return (s & 1) != 0; });
  }
  return resident * page;
}

std::int64_t peak_memory() {
  return 1024 * number_of(read_system_file("/proc/self/status"), "VmHWM").value_or(0);
}

}  // namespace kernelgate::model
