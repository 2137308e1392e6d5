#include "harness/resources/elf.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

using Bytes = std::span<const std::uint8_t>;

Bytes part(Bytes bytes, std::uint64_t at, std::uint64_t size, const std::string& name) {
  if (at > bytes.size() || size > bytes.size() - at) {
    throw BadInput(
        fmt::format("{}: {} bytes at {} lie outside its {} bytes", name, size, at, bytes.size()));
  }
  return bytes.subspan(at, size);
}

template <class T>
T read(Bytes bytes, std::uint64_t at, const std::string& name) {
  T value;
  std::memcpy(&value, part(bytes, at, sizeof(T), name).data(), sizeof(T));
  return value;
}

std::string text_at(Bytes bytes, std::uint64_t at) {
  std::string text;
  while (at < bytes.size() && bytes[at] != 0) text += static_cast<char>(bytes[at++]);
  return text;
}

}  // namespace

Elf::Elf(Bytes bytes, std::string name) : name_(std::move(name)) {
  const auto header = read<Elf64_Ehdr>(bytes, 0, name_);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    throw BadInput(fmt::format("{}: expected an ELF file of 64 bits, little-endian", name_));
  }
  machine_ = header.e_machine;
  std::vector<Elf64_Shdr> table;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    table.push_back(read<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr), name_));
    const Elf64_Shdr& s = table.back();
    const Bytes content =
        s.sh_type == SHT_NOBITS ? Bytes{} : part(bytes, s.sh_offset, s.sh_size, name_);
    sections_.push_back({std::string(), s.sh_type, s.sh_addr, content});
  }
  if (header.e_shstrndx >= table.size()) {
    throw BadInput(fmt::format("{}: has no names of sections", name_));
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    sections_[i].name = text_at(sections_[header.e_shstrndx].bytes, table[i].sh_name);
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].sh_type == SHT_SYMTAB && table[i].sh_link < table.size()) {
      read_functions(i, table[i].sh_link);
    }
  }
}

void Elf::read_functions(std::size_t symbols, std::size_t strings) {
  const Bytes table = sections_[symbols].bytes;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.size(); at += sizeof(Elf64_Sym)) {
    const auto symbol = read<Elf64_Sym>(table, at, name_);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx >= sections_.size()) continue;
    const ElfSection& home = sections_[symbol.st_shndx];
    if (symbol.st_value < home.address) continue;
    functions_.push_back({text_at(sections_[strings].bytes, symbol.st_name),
                          part(home.bytes, symbol.st_value - home.address, symbol.st_size, name_)});
  }
}

std::vector<Bytes> Elf::notes(std::string_view owner, std::uint32_t type) const {
  std::vector<Bytes> found;
  for (const ElfSection& section : sections_) {
    if (section.type != SHT_NOTE) continue;
    std::uint64_t at = 0;
    while (at + sizeof(Elf64_Nhdr) <= section.bytes.size()) {
      const auto note = read<Elf64_Nhdr>(section.bytes, at, name_);
      const auto padded = [](std::uint64_t size) { return (size + 3) / 4 * 4; };
      const std::uint64_t words = at + sizeof(note) + padded(note.n_namesz);
      const Bytes content = part(section.bytes, words, note.n_descsz, name_);
      if (note.n_type == type && text_at(section.bytes, at + sizeof(note)) == owner) {
        found.push_back(content);
      }
      at = words + padded(note.n_descsz);
    }
  }
  return found;
}

}  // namespace kernelgate
