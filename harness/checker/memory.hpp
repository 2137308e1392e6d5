// The memory of a virtual device: buffers between red zones, freed ones in quarantine, the shared
// memory of the blocks that run, and for every byte what is known of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kernelgate {

/// What the shadow says of one byte.
enum class ByteState : std::uint8_t {
  outside = 0,  // of no buffer
  garbage = 1,  // of a buffer, never written
  written = 2,
};

/// Whether the shadow is kept: large inputs of unchecked launches go without.
enum class Shadow { kept, none };

/// A dword's last accesses as the race rules keep them (checker.hpp).
struct Cell;

/// One reservation of address space. Its first part is shared memory, one slot for each block that
/// runs at the same time; buffers follow. The shadow lies beside it at fixed multiples of the
/// offset: a state for each byte, a cell for each dword, and a cell for each byte that is used only
/// where threads touch parts of a dword. Pages come with their first use.
class DeviceMemory {
 public:
  static constexpr std::uint64_t red_zone = 256;
  static constexpr std::uint64_t lds_slot_bytes = 512 * 1024;
  static constexpr std::uint32_t max_slots = 32;
  static constexpr std::uint64_t lds_zone = lds_slot_bytes * max_slots;

  struct Buffer {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string name;
    bool freed = false;
  };

  /// The most bytes of address space that it takes for itself.
  static constexpr std::uint64_t usual_capacity = 1ULL << 34;

  /// Takes less, down to a quarter of a GiB, where the machine gives no more. Throws BadInput when
  /// it does not give that. `capacity` is a power of two above lds_zone.
  explicit DeviceMemory(Shadow shadow = Shadow::kept, std::uint64_t capacity = usual_capacity);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Throws BadInput that names the buffer when there is no room.
  std::byte* allocate(std::int64_t bytes, std::string_view name, std::uint64_t seed);
  /// Throws BadInput for what is no buffer's start.
  void release(std::byte* memory);

  /// Marks as written what the host writes, or throws BadInput when it lies outside of a buffer.
  void written_by_host(const std::byte* to, std::int64_t bytes);
  /// Throws BadInput when the bytes lie outside of a buffer.
  void read_by_host(const std::byte* from, std::int64_t bytes) const;

  /// Copies of the bytes those that were ever written; the others keep what stands at `to`.
  void copy_written(std::byte* to, const std::byte* from, std::int64_t bytes) const;

  /// Garbage and fresh states for a block's shared memory: bytes of it from the slot's start.
  void prepare_lds(std::uint32_t slot, std::uint64_t bytes, std::uint64_t seed);

  /// A buffer whose red zones no longer hold what they were filled with, in words.
  std::optional<std::string> broken_red_zone() const;

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
  std::uint64_t next_ = lds_zone + red_zone;  // the first offset that was never used
  std::uint64_t reuse_from_ = 0;
  std::map<std::uint64_t, Buffer> buffers_;          // by offset, the freed ones too
  std::array<std::uint64_t, max_slots> lds_used_{};  // bytes of each slot that are inside now
};

}  // namespace kernelgate
