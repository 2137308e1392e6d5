// Makes a copy of a shared library that an older C runtime can load.
//
// Debian's Kokkos is built against a newer libc and libstdc++ than those of a stable Debian, but
// uses only three of their new symbols. The loader rejects such a library by its list of version
// needs, before it resolves any symbol. This program compares that list with the versions that the
// host's libraries define. In the copy, each need that the host cannot meet is replaced by a
// version of the same library that the host has, and a shim defines its symbols. If the library
// uses a symbol of a missing version that the shim does not define, nothing is written and the
// symbols are listed. (Weak needs would also load, but the loader would print one warning per need
// on every start.)
//
//   fit_to_host LIBRARY COPY [SYMBOL_OF_THE_SHIM ...]
//
// Exit codes: 0 the host can load the original library (no copy made), 10 copy made, 1 rejected.

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct FitError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A 64-bit ELF file in memory; every read and write is checked against its size.
class Image {
 public:
  explicit Image(const std::string& path) : path_(path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = in.tellg();
    if (!in || size < 0) throw FitError(path + ": cannot be read");
    bytes_.resize(static_cast<std::size_t>(size));
    in.seekg(0);
    if (!in.read(bytes_.data(), size)) throw FitError(path + ": cannot be read");
    const auto header = at<Elf64_Ehdr>(0);
    const std::uint16_t one = 1;
    const bool little = *reinterpret_cast<const unsigned char*>(&one) == 1;
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != (little ? ELFDATA2LSB : ELFDATA2MSB))
      throw FitError(path + ": not a 64-bit ELF file of this machine's byte order");
    for (std::uint64_t i = 0; i < header.e_shnum; ++i)
      sections_.push_back(at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr)));
  }

  template <class T>
  T at(std::uint64_t offset) const {
    T value;
    check(offset, sizeof value);
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  template <class T>
  void put(std::uint64_t offset, const T& value) {
    check(offset, sizeof value);
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }

  /// The string at `index` of the string table linked from `section`.
  std::string string_of(const Elf64_Shdr& section, std::uint64_t index) const {
    if (section.sh_link >= sections_.size())
      throw FitError(path_ + ": a section names string table " + std::to_string(section.sh_link) +
                     " of " + std::to_string(sections_.size()));
    const Elf64_Shdr& strings = sections_[section.sh_link];
    check(strings.sh_offset, strings.sh_size);
    if (index >= strings.sh_size) throw FitError(path_ + ": a name lies outside its string table");
    const char* begin = bytes_.data() + strings.sh_offset + index;
    const char* limit = bytes_.data() + strings.sh_offset + strings.sh_size;
    return {begin, std::find(begin, limit, '\0')};
  }

  std::optional<Elf64_Shdr> section(std::uint32_t type) const {
    for (const Elf64_Shdr& s : sections_)
      if (s.sh_type == type) return s;
    return std::nullopt;
  }

  void write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    out.close();
    if (!out) throw FitError(path + ": cannot be written");
  }

 private:
  void check(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      throw FitError(path_ + ": is cut short or damaged (" + std::to_string(size) + " bytes at " +
                     std::to_string(offset) + " of " + std::to_string(bytes_.size()) + ")");
  }

  std::string path_;
  std::vector<char> bytes_;
  std::vector<Elf64_Shdr> sections_;
};

/// One version that a library needs from another one.
struct Need {
  std::string file;     // libstdc++.so.6
  std::string version;  // GLIBCXX_3.4.31
  std::uint64_t record = 0;
  Elf64_Vernaux aux{};
};

std::vector<Need> needs_of(const Image& library) {
  std::vector<Need> needs;
  const auto section = library.section(SHT_GNU_verneed);
  if (!section) return needs;
  std::uint64_t offset = section->sh_offset;
  for (std::uint64_t i = 0; i < section->sh_info; ++i) {
    const auto need = library.at<Elf64_Verneed>(offset);
    std::uint64_t record = offset + need.vn_aux;
    for (std::uint64_t j = 0; j < need.vn_cnt; ++j) {
      const auto aux = library.at<Elf64_Vernaux>(record);
      needs.push_back({library.string_of(*section, need.vn_file),
                       library.string_of(*section, aux.vna_name), record, aux});
      if (aux.vna_next == 0) break;
      record += aux.vna_next;
    }
    if (need.vn_next == 0) break;
    offset += need.vn_next;
  }
  return needs;
}

/// The versions that the host's library of this name defines, read from the file the loader uses.
std::set<std::string> versions_on_host(const std::string& file) {
  void* handle = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
  link_map* map = nullptr;
  if (handle == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
    throw FitError("this host has no " + file);
  const Image library(map->l_name);
  std::set<std::string> versions;
  const auto section = library.section(SHT_GNU_verdef);
  if (!section) return versions;
  std::uint64_t offset = section->sh_offset;
  for (std::uint64_t i = 0; i < section->sh_info; ++i) {
    const auto definition = library.at<Elf64_Verdef>(offset);
    const auto name = library.at<Elf64_Verdaux>(offset + definition.vd_aux);
    versions.insert(library.string_of(*section, name.vda_name));
    if (definition.vd_next == 0) break;
    offset += definition.vd_next;
  }
  return versions;
}

/// Names of the undefined symbols that are bound to the version of this index.
std::vector<std::string> symbols_wanting(const Image& library, std::uint16_t version_index) {
  const auto symbols = library.section(SHT_DYNSYM);
  const auto versions = library.section(SHT_GNU_versym);
  if (!symbols || !versions) throw FitError("the library has version needs but no symbol versions");
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < symbols->sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = library.at<Elf64_Sym>(symbols->sh_offset + i * sizeof(Elf64_Sym));
    const auto version = library.at<Elf64_Half>(versions->sh_offset + i * sizeof(Elf64_Half));
    if (symbol.st_shndx == SHN_UNDEF && (version & 0x7fff) == (version_index & 0x7fff))
      names.push_back(library.string_of(*symbols, symbol.st_name));
  }
  return names;
}

int fit(const std::string& path, const std::string& copy, const std::set<std::string>& shim) {
  Image library(path);
  const std::vector<Need> needs = needs_of(library);
  std::map<std::string, std::set<std::string>> host;
  for (const Need& need : needs)
    if (!host.contains(need.file)) host[need.file] = versions_on_host(need.file);
  const auto met = [&](const Need& need) { return host[need.file].contains(need.version); };
  if (std::all_of(needs.begin(), needs.end(), met)) return 0;

  std::string left_over;
  std::string missing;
  for (const Need& need : needs) {
    if (met(need)) continue;
    missing += (missing.empty() ? "" : " ") + need.version;
    for (const std::string& symbol : symbols_wanting(library, need.aux.vna_other))
      if (!shim.contains(symbol))
        left_over += "\n  " + symbol + " (" + need.version + " of " + need.file + ")";
    const auto stand_in = std::find_if(needs.begin(), needs.end(), [&](const Need& other) {
      return other.file == need.file && met(other);
    });
    if (stand_in == needs.end())
      throw FitError(path + ": all it wants of " + need.file + " is newer than this host's");
    Elf64_Vernaux aux = need.aux;
    aux.vna_hash = stand_in->aux.vna_hash;
    aux.vna_name = stand_in->aux.vna_name;
    library.put(need.record, aux);
  }
  if (!left_over.empty())
    throw FitError(path + ": uses symbols that neither this host nor the shim has:" + left_over);
  library.write(copy);
  std::cout << missing << '\n';
  return 10;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 3) throw FitError("usage: fit_to_host LIBRARY COPY [SYMBOL_OF_THE_SHIM ...]");
  return fit(arguments[1], arguments[2], {arguments + 3, arguments + count});
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
