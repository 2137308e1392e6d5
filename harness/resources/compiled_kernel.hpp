// What the compilers say of each kernel in an object: registers, spills, scratch, code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

struct CompiledKernel {
  std::string symbol;           // as the compiler mangled it
  std::int64_t registers = 0;   // 32-bit vector registers of a thread; AMD: VGPRs and AGPRs
  std::int64_t spilled = 0;     // NVIDIA: bytes of spill stores and loads; AMD: spilled registers
  std::int64_t scratch = 0;     // bytes of a thread's own memory: stack, spills
  std::int64_t wave = 0;        // lanes
  std::int64_t static_lds = 0;  // bytes outside the dynamic LDS: none in kernels by the rules
  std::uint64_t code_hash = 0;  // FNV-1a over the machine code
};

/// The kernels of an AMD code object, from its metadata note (LLVM, AMDGPUUsage, code object V5)
/// and its code. Throws BadInput for a file that is none.
std::vector<CompiledKernel> read_amd_object(std::span<const std::uint8_t> bytes,
                                            const std::string& name);

/// The kernels of a cubin, from what `ptxas -v` said of it and its code. Throws BadInput when the
/// two do not name the same kernels. What a kernel calls counts as its own.
std::vector<CompiledKernel> read_cubin(std::span<const std::uint8_t> bytes, std::string_view log,
                                       const std::string& name);

/// Either, by the machine in the file's header; the log is read for a cubin alone.
std::vector<CompiledKernel> read_object(const std::filesystem::path& object,
                                        const std::filesystem::path& log);

/// A symbol in words: "self_test_words<32>".
std::string demangled(const std::string& symbol);

}  // namespace kernelgate
