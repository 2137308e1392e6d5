#include "harness/resources/compiled_kernel.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>

#include "harness/core/error.hpp"
#include "harness/resources/elf.hpp"

namespace kernelgate {
namespace {

constexpr std::uint32_t amdgpu_metadata = 32;  // NT_AMDGPU_METADATA: MessagePack

std::uint64_t hash_of(std::span<const std::uint8_t> code) {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const std::uint8_t byte : code) h = (h ^ byte) * 0x100000001B3ULL;
  return h;
}

std::uint64_t code_hash(const Elf& elf, const std::string& symbol, const std::string& name) {
  for (const ElfFunction& function : elf.functions()) {
    if (function.name == symbol) return hash_of(function.code);
  }
  throw BadInput(fmt::format("{}: no code of {}", name, symbol));
}

template <class T>
std::vector<T> file_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in.is_open()) throw BadInput(fmt::format("{}: cannot be read", file.string()));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::vector<CompiledKernel> read_amd_object(std::span<const std::uint8_t> bytes,
                                            const std::string& name) {
  const Elf elf(bytes, name);
  std::vector<CompiledKernel> kernels;
  for (const auto note : elf.notes("AMDGPU", amdgpu_metadata)) {
    const auto metadata = nlohmann::json::from_msgpack(note.begin(), note.end(), true, false);
    if (metadata.is_discarded() || !metadata.contains("amdhsa.kernels")) {
      throw BadInput(fmt::format("{}: its metadata note cannot be read", name));
    }
    for (const auto& kernel : metadata["amdhsa.kernels"]) {
      const auto number = [&](const char* key) { return kernel.value(key, std::int64_t{0}); };
      const auto symbol = kernel.value(".name", std::string());
      kernels.push_back({symbol, number(".vgpr_count"), number(".vgpr_spill_count"),
                         number(".sgpr_spill_count"), number(".private_segment_fixed_size"),
                         number(".wavefront_size"), number(".group_segment_fixed_size"),
                         code_hash(elf, symbol, name)});
    }
  }
  return kernels;
}

std::vector<CompiledKernel> read_cubin(std::span<const std::uint8_t> bytes, std::string_view log,
                                       const std::string& name) {
  static const std::regex entry("Compiling entry function '([^']+)'");
  static const std::regex stack(
      "([0-9]+) bytes stack frame, ([0-9]+) bytes spill stores, ([0-9]+) bytes spill loads");
  static const std::regex used("Used ([0-9]+) registers");
  static const std::regex shared("([0-9]+) bytes smem");
  const Elf elf(bytes, name);
  std::vector<CompiledKernel> kernels;
  std::string line;
  std::istringstream lines{std::string(log)};
  std::smatch found;
  const auto number = [&](std::size_t group) {
    const std::string text = found[group].str();
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{}) {
      return value;
    }
    throw BadInput(fmt::format("{}: its log has a number beyond 2^63 - 1: {}", name, text));
  };
  while (std::getline(lines, line)) {
    if (std::regex_search(line, found, entry)) {
      kernels.push_back({found[1].str(), 0, 0, 0, 0, 32, 0, code_hash(elf, found[1].str(), name)});
    }
    if (kernels.empty()) continue;
    CompiledKernel& kernel = kernels.back();
    if (std::regex_search(line, found, stack)) {
      kernel.scratch += number(1);
      kernel.spilled += number(2) + number(3);
    }
    if (std::regex_search(line, found, used)) kernel.registers = number(1);
    if (std::regex_search(line, found, shared)) kernel.static_lds = number(1);
  }
  const auto unnamed = std::find_if(kernels.begin(), kernels.end(),
                                    [](const CompiledKernel& k) { return k.registers == 0; });
  if (kernels.empty() || unnamed != kernels.end()) {
    throw BadInput(fmt::format("{}: its log is none of ptxas -v", name));
  }
  return kernels;
}

std::vector<CompiledKernel> read_object(const std::filesystem::path& object,
                                        const std::filesystem::path& log) {
  const auto bytes = file_bytes<std::uint8_t>(object);
  if (Elf(bytes, object.string()).machine() != EM_CUDA) {
    return read_amd_object(bytes, object.string());
  }
  const auto text = file_bytes<char>(log);
  return read_cubin(bytes, {text.data(), text.size()}, object.string());
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  if (status != 0 || !text) return symbol;
  // "void kernelgate::hip::name<32, kernelgate::hip::Bf16>(...)"
  static const std::regex scope("kernelgate::(cuda|hip|source|plain)::|^void |\\(int\\)");
  std::string words = std::regex_replace(text.get(), scope, "");
  int depth = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {  // cuts off the arguments
    if (words[i] == '<') ++depth;
    if (words[i] == '>') --depth;
    if (words[i] == '(' && depth == 0) words.resize(i);
  }
  return words;
}

}  // namespace kernelgate
