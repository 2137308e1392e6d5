#include "harness/executors/source/constants.hpp"

#include <link.h>

#include <algorithm>

namespace kernelgate {

namespace {

using Parts = std::vector<std::pair<std::uintptr_t, std::uintptr_t>>;

int add_constants(dl_phdr_info* info, std::size_t, void* list) {
  auto& parts = *static_cast<Parts*>(list);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    const bool fixed =
        part.p_type == PT_GNU_RELRO || (part.p_type == PT_LOAD && !(part.p_flags & PF_W));
    if (!fixed) continue;
    const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    parts.emplace_back(begin, begin + part.p_memsz);
  }
  return 0;
}

}  // namespace

Constants Constants::of_this_program() {
  Constants constants;
  dl_iterate_phdr(&add_constants, &constants.parts_);
  return constants;
}

bool Constants::hold(std::uintptr_t address, std::uint64_t bytes) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const auto& part) {
    return address >= part.first && address + bytes <= part.second;
  });
}

}  // namespace kernelgate
