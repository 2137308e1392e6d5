// Memory of a virtual device: buffers between guard bands, a quarantine for freed buffers, the
// shared memory of the running blocks, and a shadow state for every byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kernelgate {

/// Shadow state of one byte.
enum class ByteState : std::uint8_t {
  outside = 0,  // in no buffer
  garbage = 1,  // in a buffer, never written
  written = 2,
};

/// Whether the shadow is kept. Unchecked launches on large inputs run without it.
enum class Shadow { kept, none };

/// A dword's last accesses for the race rules (cell.hpp).
struct Cell;

/// One reservation of address space. It begins with shared memory, one slot per concurrently
/// running block; the buffers follow. The shadow is stored separately and indexed by fixed
/// multiples of the offset: one state per byte, one cell per dword, and one cell per byte, used
/// only where threads access parts of a dword. Pages are committed on first use.
class DeviceMemory {
 public:
  static constexpr std::uint64_t guard_band = 256;
  static constexpr std::uint64_t lds_slot_bytes = 512 * 1024;
  static constexpr std::uint32_t max_slots = 32;
  static constexpr std::uint64_t lds_zone = lds_slot_bytes * max_slots;

  struct Buffer {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string name;
    bool freed = false;
  };

  /// Bytes of address space that are reserved by default.
  static constexpr std::uint64_t usual_capacity = 1ULL << 34;

  /// Reserves less, down to a quarter of a GiB, if the machine does not provide `capacity`. Throws
  /// BadInput if it does not provide that either. `capacity` is a power of two above lds_zone.
  explicit DeviceMemory(Shadow shadow = Shadow::kept, std::uint64_t capacity = usual_capacity);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Throws BadInput with the buffer's name if there is no space left.
  std::byte* allocate(std::int64_t bytes, std::string_view name, std::uint64_t seed);
  /// Throws BadInput if `memory` is not the start of a buffer.
  void release(std::byte* memory);

  /// Marks bytes that the host writes as written. Throws BadInput if they are outside a buffer.
  void written_by_host(const std::byte* to, std::int64_t bytes);
  /// Throws BadInput if the bytes are outside a buffer.
  void read_by_host(const std::byte* from, std::int64_t bytes) const;

  /// Copies the bytes that were ever written; the other bytes at `to` are unchanged.
  void copy_written(std::byte* to, const std::byte* from, std::int64_t bytes) const;

  /// Fills a block's shared memory, `bytes` from the slot's start, with garbage and resets its
  /// states.
  void prepare_lds(std::uint32_t slot, std::uint64_t bytes, std::uint64_t seed);

  /// Describes a buffer whose guard bands were overwritten; nothing if all are intact.
  std::optional<std::string> broken_guard_band() const;

  /// "buffer x + 128 B", "12 B past the end of buffer x (4096 B)", for messages.
  std::string describe(std::uint64_t offset) const;

  std::byte* base() const { return base_; }
  std::uint64_t capacity() const { return capacity_; }
  std::uint8_t* states() const { return states_; }
  Cell* cells() const { return cells_; }
  Cell* byte_cells() const { return byte_cells_; }
  std::byte* lds(std::uint32_t slot) const { return base_ + slot * lds_slot_bytes; }

  /// Forgets every recorded access.
  void forget_accesses();

 private:
  void fill(std::uint64_t offset, std::uint64_t bytes, std::uint64_t seed);
  const Buffer* holder(const std::byte* memory, std::int64_t bytes) const;
  std::optional<std::uint64_t> place(std::uint64_t bytes);
  void unmap();
  void mark(std::uint64_t offset, std::uint64_t bytes, ByteState state);

  Shadow shadow_;
  std::byte* base_ = nullptr;
  std::uint8_t* states_ = nullptr;
  Cell* cells_ = nullptr;
  Cell* byte_cells_ = nullptr;
  std::uint64_t capacity_ = 0;
  std::uint64_t next_ = lds_zone + guard_band;  // the first offset that was never used
  std::uint64_t reuse_from_ = 0;
  std::map<std::uint64_t, Buffer> buffers_;          // by offset, freed ones included
  std::array<std::uint64_t, max_slots> lds_used_{};  // bytes of each slot that are in bounds
};

}  // namespace kernelgate
