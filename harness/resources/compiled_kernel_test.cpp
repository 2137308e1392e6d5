// Tests reading compiler output, on an ELF file made here byte by byte.
#include "harness/resources/compiled_kernel.hpp"

#include <elf.h>
#include <gmock/gmock.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/core/temporary_folder.hpp"
#include "harness/resources/entry_names.hpp"

namespace kernelgate {
namespace {

using Bytes = std::vector<std::uint8_t>;

template <class T>
void append(Bytes& bytes, const T& value) {
  const std::size_t end = bytes.size();
  bytes.resize(end + sizeof(T));
  std::memcpy(bytes.data() + end, &value, sizeof(T));
}

struct Section {
  std::string name;
  std::uint32_t type = SHT_PROGBITS, link = 0;
  Bytes content;
};

// An ELF file of these sections, followed by the section of their names.
Bytes elf_of(std::vector<Section> sections) {
  Bytes names{0};
  sections.push_back({".shstrtab", SHT_STRTAB, 0, {}});
  std::vector<std::uint32_t> name_at;
  for (const Section& section : sections) {
    name_at.push_back(static_cast<std::uint32_t>(names.size()));
    names.insert(names.end(), section.name.begin(), section.name.end());
    names.push_back(0);
  }
  sections.back().content = names;
  Bytes body;
  std::vector<Elf64_Shdr> table(1);  // the null section
  for (std::size_t i = 0; i < sections.size(); ++i) {
    Elf64_Shdr header{};
    header.sh_name = name_at[i];
    header.sh_type = sections[i].type;
    header.sh_link = sections[i].link;
    header.sh_offset = sizeof(Elf64_Ehdr) + body.size();
    header.sh_size = sections[i].content.size();
    body.insert(body.end(), sections[i].content.begin(), sections[i].content.end());
    table.push_back(header);
  }
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_shoff = sizeof(header) + body.size();
  header.e_shnum = static_cast<std::uint16_t>(table.size());
  header.e_shstrndx = static_cast<std::uint16_t>(table.size() - 1);
  Bytes file;
  append(file, header);
  file.insert(file.end(), body.begin(), body.end());
  for (const Elf64_Shdr& section : table) append(file, section);
  return file;
}

// An object with one function "f" of this code and a note section with this metadata.
Bytes object_of(const Bytes& code, const nlohmann::json& metadata) {
  Elf64_Sym symbol{};
  symbol.st_name = 1;
  symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  symbol.st_shndx = 1;
  symbol.st_size = code.size();
  Bytes symbols;
  append(symbols, symbol);
  Bytes note;
  const auto packed = nlohmann::json::to_msgpack(metadata);
  append(note, Elf64_Nhdr{7, static_cast<std::uint32_t>(packed.size()), 32});
  for (const char c : std::string("AMDGPU\0\0", 8)) note.push_back(static_cast<std::uint8_t>(c));
  note.insert(note.end(), packed.begin(), packed.end());
  while (note.size() % 4 != 0) note.push_back(0);
  return elf_of({{".text", SHT_PROGBITS, 0, code},
                 {".strtab", SHT_STRTAB, 0, {0, 'f', 0}},
                 {".symtab", SHT_SYMTAB, 2, symbols},
                 {".note", SHT_NOTE, 0, note}});
}

const nlohmann::json metadata{{"amdhsa.kernels",
                               {{{".name", "f"},
                                 {".vgpr_count", 40},
                                 {".vgpr_spill_count", 3},
                                 {".sgpr_spill_count", 2},
                                 {".private_segment_fixed_size", 16},
                                 {".group_segment_fixed_size", 0},
                                 {".wavefront_size", 64}}}}};

TEST(CompiledKernel, IsReadFromTheNoteOfACodeObject) {
  const auto kernels = read_amd_object(object_of({1, 2, 3}, metadata), "x.co");
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0].symbol, "f");
  EXPECT_EQ(kernels[0].registers, 40);
  EXPECT_EQ(kernels[0].spilled, 3);
  EXPECT_EQ(kernels[0].scalars_in_lanes, 2);
  EXPECT_EQ(kernels[0].scratch, 16);
  EXPECT_EQ(kernels[0].wave, 64);
}

TEST(CompiledKernel, HashesTheCodeAlone) {
  const auto hash = [](const Bytes& code) {
    return read_amd_object(object_of(code, metadata), "x.co")[0].code_hash;
  };
  EXPECT_EQ(hash({}), 0xCBF29CE484222325ULL);     // FNV-1a's initial value
  EXPECT_EQ(hash({'a'}), 0xAF63DC4C8601EC8CULL);  // its published value for "a"
  EXPECT_NE(hash({1, 2, 3}), hash({1, 2, 4}));
}

TEST(CompiledKernel, IsReadFromWhatPtxasSaid) {
  const std::string log =
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function 'f' for 'sm_90'\n"
      "    8 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads\n"
      "ptxas info    : Used 32 registers, used 1 barriers, 4096 bytes smem, 376 bytes cmem[0]\n";
  const auto kernels = read_cubin(object_of({9}, metadata), log, "x.cubin");
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0].registers, 32);
  EXPECT_EQ(kernels[0].spilled, 32);
  EXPECT_EQ(kernels[0].scratch, 8);
  EXPECT_EQ(kernels[0].static_lds, 4096);
  EXPECT_EQ(kernels[0].wave, 32);
}

TEST(CompiledKernel, CountsWhatItCallsAsItsOwn) {
  const std::string log =
      "Compiling entry function 'f' for 'sm_90'\n"
      "Function properties for f\n"
      "    8 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads\n"
      "Function properties for g\n"
      "    16 bytes stack frame, 4 bytes spill stores, 4 bytes spill loads\n"
      "Used 32 registers\n";
  const auto kernels = read_cubin(object_of({9}, metadata), log, "x.cubin");
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0].spilled, 40);
  EXPECT_EQ(kernels[0].scratch, 24);
}

TEST(CompiledKernel, IsReadAsTheMachineOfItsObjectWants) {
  const std::filesystem::path folder = temporary_folder() / "kernelgate_compiled_kernel_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "log") << "Compiling entry function 'f'\nUsed 32 registers\n";
  for (const std::uint16_t machine : {std::uint16_t{EM_AMDGPU}, std::uint16_t{EM_CUDA}}) {
    Bytes object = object_of({9}, metadata);
    std::memcpy(object.data() + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof(machine));
    std::ofstream(folder / "unit.o", std::ios::binary)
        .write(reinterpret_cast<const char*>(object.data()),
               static_cast<std::streamsize>(object.size()));
    const auto kernels = read_object(folder / "unit.o", folder / "log");
    ASSERT_EQ(kernels.size(), 1U);
    EXPECT_EQ(kernels[0].registers, machine == EM_CUDA ? 32 : 40);
  }
}

TEST(CompiledKernel, RefusesWhatIsNoObject) {
  const std::string text =
      "not an object, though longer than the header of one is: sixty-four bytes";
  EXPECT_THROW(read_amd_object(Bytes(text.begin(), text.end()), "x"), BadInput);
  EXPECT_THROW(read_amd_object(Bytes{}, "x"), BadInput);
  Bytes cut = object_of({1, 2, 3}, metadata);
  cut.resize(cut.size() - 70);
  EXPECT_THROW(read_amd_object(cut, "x"), BadInput);
  EXPECT_THROW(read_cubin(object_of({1}, metadata), "no kernels here\n", "x"), BadInput);
  EXPECT_THROW(read_cubin(object_of({1}, metadata), "Compiling entry function 'g'\n", "x"),
               BadInput);
}

TEST(CompiledKernel, HasOneNameOnEveryTarget) {
  EXPECT_EQ(demangled("_ZN10kernelgate3hip15self_test_wordsILi64EEEvPKjPjS4_Pm"),
            "self_test_words<64>");
  EXPECT_EQ(demangled("_ZN10kernelgate4cuda17self_test_numbersILi32ENS0_4Bf16EEEvPKT0_Pfm"),
            "self_test_numbers<32, Bf16>");
  EXPECT_EQ(without_build_mode("_ZN10kernelgate3hip5topicILi64EEEvPKj"),
            without_build_mode("_ZN10kernelgate6source5topicILi64EEEvPKj"));
  EXPECT_EQ(without_build_mode("_Z1kPhi"), "_Z1kPhi");
}

}  // namespace
}  // namespace kernelgate
