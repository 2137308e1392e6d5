#include "harness/checker/memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "harness/checker/cell.hpp"
#include "harness/core/error.hpp"
#include "harness/core/pieces.hpp"
#include "harness/core/random.hpp"

namespace kernelgate {

namespace {

constexpr std::uint64_t min_capacity = 1ULL << 28;
constexpr auto guard_band_byte = static_cast<std::byte>(0xA5);

template <class T>
T* reserve(std::uint64_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, bytes, MADV_DONTDUMP);
  return static_cast<T*>(memory);
}

std::uint64_t rounded(std::uint64_t bytes) { return rounded_up(bytes, DeviceMemory::guard_band); }

// A halfword that is a NaN, or the upper part of one, in every floating type of the kernels.
std::uint16_t garbage(std::uint64_t seed, std::uint64_t i) {
  const std::uint64_t word = word_at(seed, i);
  return static_cast<std::uint16_t>(0x7FF1U + word % 14U + ((word >> 32) % 2U << 15));
}

}  // namespace

DeviceMemory::DeviceMemory(Shadow shadow, std::uint64_t capacity) : shadow_(shadow) {
  const std::uint64_t least = std::min(capacity, min_capacity);
  for (capacity_ = capacity; capacity_ >= least; capacity_ /= 2) {
    base_ = reserve<std::byte>(capacity_);
    states_ = reserve<std::uint8_t>(capacity_);
    cells_ = reserve<Cell>(capacity_ / 4 * sizeof(Cell));
    byte_cells_ = reserve<Cell>(capacity_ * sizeof(Cell));
    if (base_ && states_ && cells_ && byte_cells_) return;
    unmap();
  }
  throw MissingResource(fmt::format(
      "virtual device: no address space: {} bytes and 41 times as much for their shadow could not "
      "be reserved (ulimit -v?)",
      least));
}

DeviceMemory::~DeviceMemory() { unmap(); }

void DeviceMemory::unmap() {
  if (base_) munmap(base_, capacity_);
  if (states_) munmap(states_, capacity_);
  if (cells_) munmap(cells_, capacity_ / 4 * sizeof(Cell));
  if (byte_cells_) munmap(byte_cells_, capacity_ * sizeof(Cell));
  base_ = nullptr;
  states_ = nullptr;
  cells_ = nullptr;
  byte_cells_ = nullptr;
}

void DeviceMemory::mark(std::uint64_t offset, std::uint64_t bytes, ByteState state) {
  if (shadow_ == Shadow::kept) std::memset(states_ + offset, static_cast<int>(state), bytes);
}

void DeviceMemory::forget_accesses() {
  madvise(cells_, capacity_ / 4 * sizeof(Cell), MADV_DONTNEED);
  madvise(byte_cells_, capacity_ * sizeof(Cell), MADV_DONTNEED);
}

void DeviceMemory::fill(std::uint64_t offset, std::uint64_t bytes, std::uint64_t seed) {
  constexpr std::size_t page = 4096;
  std::uint16_t pattern[page / 2];
  for (std::size_t i = 0; i < page / 2; ++i) pattern[i] = garbage(seed, i % 61);
  for (std::uint64_t done = 0; done < bytes; done += page) {
    std::memcpy(base_ + offset + done, pattern, std::min<std::uint64_t>(page, bytes - done));
  }
}

// Returns never-used memory first, then freed memory in cyclic order of its offsets, so that the
// quarantine is as long as the address space allows.
std::optional<std::uint64_t> DeviceMemory::place(std::uint64_t bytes) {
  const std::uint64_t span = rounded(bytes) + guard_band;
  if (span <= capacity_ - next_) {
    const std::uint64_t offset = next_;
    next_ += span;
    return offset;
  }
  for (const std::uint64_t from : {reuse_from_, std::uint64_t{0}}) {
    std::uint64_t begin = lds_zone + guard_band;  // start of the current run of freed buffers
    for (auto it = buffers_.begin(); it != buffers_.end(); ++it) {
      if (!it->second.freed) {
        begin = it->first + rounded(it->second.bytes) + guard_band;
        continue;
      }
      const auto after = std::next(it);
      const std::uint64_t end = after == buffers_.end() ? next_ : after->first;
      const std::uint64_t offset = std::max(begin, from);
      if (offset > end || end - offset < span) continue;
      std::erase_if(buffers_,
                    [&](const auto& b) { return b.first >= offset && b.first < offset + span; });
      reuse_from_ = offset + span;
      return offset;
    }
  }
  return std::nullopt;
}

std::byte* DeviceMemory::allocate(std::int64_t bytes, std::string_view name, std::uint64_t seed) {
  const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0));
  const auto offset = size > capacity_ ? std::nullopt : place(size);
  if (!offset) {
    throw MissingResource(
        fmt::format("virtual device: no memory for buffer '{}' of {} B", name, bytes));
  }
  buffers_[*offset] = Buffer{*offset, size, std::string(name), false};
  fill(*offset, size, seed);
  std::memset(base_ + *offset - guard_band, static_cast<int>(guard_band_byte), guard_band);
  std::memset(base_ + *offset + size, static_cast<int>(guard_band_byte),
              rounded(size) + guard_band - size);
  mark(*offset, size, ByteState::garbage);
  return base_ + *offset;
}

void DeviceMemory::release(std::byte* memory) {
  const auto it =
      memory < base_ ? buffers_.end() : buffers_.find(static_cast<std::uint64_t>(memory - base_));
  if (it == buffers_.end() || it->second.freed) {
    throw std::logic_error("virtual device: release of an address at which no buffer starts");
  }
  Buffer& buffer = it->second;
  buffer.freed = true;
  mark(buffer.offset, buffer.bytes, ByteState::outside);
  // Whole pages are returned to the system; pages at the edges are shared with adjacent buffers.
  constexpr std::uint64_t page = 4096;
  const std::uint64_t first = rounded_up(buffer.offset, page);
  const std::uint64_t last = (buffer.offset + buffer.bytes) / page * page;
  if (first >= last) return;
  madvise(base_ + first, last - first, MADV_DONTNEED);
  madvise(states_ + first, last - first, MADV_DONTNEED);
  madvise(cells_ + first / 4, (last - first) / 4 * sizeof(Cell), MADV_DONTNEED);
  madvise(byte_cells_ + first, (last - first) * sizeof(Cell), MADV_DONTNEED);
}

const DeviceMemory::Buffer* DeviceMemory::holder(const std::byte* memory,
                                                 std::int64_t bytes) const {
  if (memory < base_ || bytes < 0) return nullptr;
  const auto offset = static_cast<std::uint64_t>(memory - base_);
  auto it = buffers_.upper_bound(offset);
  if (it == buffers_.begin()) return nullptr;
  const Buffer& buffer = std::prev(it)->second;
  const std::uint64_t end = offset + static_cast<std::uint64_t>(bytes);
  return !buffer.freed && end <= buffer.offset + buffer.bytes ? &buffer : nullptr;
}

void DeviceMemory::written_by_host(const std::byte* to, std::int64_t bytes) {
  if (!holder(to, bytes)) {
    throw std::logic_error(
        fmt::format("virtual device: upload of {} B outside of every buffer", bytes));
  }
  mark(static_cast<std::uint64_t>(to - base_), static_cast<std::uint64_t>(bytes),
       ByteState::written);
}

void DeviceMemory::read_by_host(const std::byte* from, std::int64_t bytes) const {
  if (!holder(from, bytes)) {
    throw std::logic_error(
        fmt::format("virtual device: download of {} B outside of every buffer", bytes));
  }
}

void DeviceMemory::copy_written(std::byte* to, const std::byte* from, std::int64_t bytes) const {
  const std::uint8_t* states = states_ + (from - base_);
  const auto written = static_cast<std::uint8_t>(ByteState::written);
  for (std::int64_t i = 0; i < bytes;) {  // by runs of equal state: most buffers are one run
    const bool copied = states[i] == written;
    std::int64_t end = i + 1;
    while (end < bytes && (states[end] == written) == copied) ++end;
    if (copied) std::memcpy(to + i, from + i, static_cast<std::size_t>(end - i));
    i = end;
  }
}

void DeviceMemory::prepare_lds(std::uint32_t slot, std::uint64_t bytes, std::uint64_t seed) {
  const std::uint64_t offset = slot * lds_slot_bytes;
  fill(offset, bytes, seed);
  mark(offset, bytes, ByteState::garbage);
  // Bytes that an earlier launch used beyond this size are now out of bounds.
  if (lds_used_[slot] > bytes) {
    mark(offset + bytes, lds_used_[slot] - bytes, ByteState::outside);
  }
  lds_used_[slot] = bytes;
}

std::optional<std::string> DeviceMemory::broken_guard_band() const {
  const auto intact = [&](std::uint64_t from, std::uint64_t to) {
    return std::all_of(base_ + from, base_ + to, [](std::byte b) { return b == guard_band_byte; });
  };
  for (const auto& [offset, buffer] : buffers_) {
    if (buffer.freed) continue;
    const std::uint64_t end = offset + buffer.bytes;
    if (!intact(offset - guard_band, offset)) {
      return fmt::format("a write before the start of buffer {}", buffer.name);
    }
    if (!intact(end, offset + rounded(buffer.bytes) + guard_band)) {
      return fmt::format("a write past the end of buffer {} ({} B)", buffer.name, buffer.bytes);
    }
  }
  return std::nullopt;
}

std::string DeviceMemory::describe(std::uint64_t offset) const {
  const auto after = buffers_.upper_bound(offset);
  const Buffer* below = after == buffers_.begin() ? nullptr : &std::prev(after)->second;
  const Buffer* above = after == buffers_.end() ? nullptr : &after->second;
  if (below && offset < below->offset + below->bytes) {
    return fmt::format("{}buffer {} + {} B", below->freed ? "freed " : "", below->name,
                       offset - below->offset);
  }
  const std::uint64_t past = below ? offset - below->offset - below->bytes : capacity_;
  if (above && above->offset - offset < past) {
    return fmt::format("{} B before the start of {}buffer {} ({} B)", above->offset - offset,
                       above->freed ? "freed " : "", above->name, above->bytes);
  }
  if (!below) return "device memory outside of every buffer";
  return fmt::format("{} B past the end of {}buffer {} ({} B)", past, below->freed ? "freed " : "",
                     below->name, below->bytes);
}

}  // namespace kernelgate
