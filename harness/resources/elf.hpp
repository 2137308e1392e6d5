// Minimal ELF64 reader that finds a kernel's code and notes in the output of a GPU compiler.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

struct ElfSection {
  std::string name;
  std::uint32_t type = 0;
  std::uint64_t address = 0;
  std::span<const std::uint8_t> bytes;
};

struct ElfFunction {
  std::string name;
  std::span<const std::uint8_t> code;
};

/// A view of the bytes, which must outlive it. Throws BadInput if they are not an ELF64 file of
/// this byte order or have offsets out of range; `name` is the file's name in messages.
class Elf {
 public:
  Elf(std::span<const std::uint8_t> bytes, std::string name);

  /// EM_CUDA, EM_AMDGPU (elf.h).
  std::uint16_t machine() const { return machine_; }
  const std::vector<ElfSection>& sections() const { return sections_; }
  /// Every function symbol with its code.
  const std::vector<ElfFunction>& functions() const { return functions_; }
  /// The contents of all notes with that owner and type.
  std::vector<std::span<const std::uint8_t>> notes(std::string_view owner,
                                                   std::uint32_t type) const;

 private:
  void read_functions(std::size_t symbols, std::size_t strings);

  std::string name_;
  std::uint16_t machine_ = 0;
  std::vector<ElfSection> sections_;
  std::vector<ElfFunction> functions_;
};

}  // namespace kernelgate
