// Reads what compilers report for each kernel of an object: registers, spills, scratch, code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

struct CompiledKernel {
  std::string symbol;          // mangled
  std::int64_t registers = 0;  // 32-bit vector registers per thread; AMD: VGPRs and AGPRs
  // Spills to memory. NVIDIA: bytes of stores and loads; AMD: vector registers.
  std::int64_t spilled = 0;
  std::int64_t scalars_in_lanes = 0;  // AMD: scalar registers kept in lanes of vector registers
  std::int64_t scratch = 0;           // bytes of private memory per thread: stack, spills
  std::int64_t wave = 0;              // lanes per wave
  std::int64_t static_lds = 0;        // bytes; native kernels have only dynamic LDS
  std::uint64_t code_hash = 0;        // FNV-1a over the machine code
};

/// The kernels of an AMD code object, from its metadata note (LLVM, AMDGPUUsage, code object V5)
/// and its code. Throws BadInput for any other file.
std::vector<CompiledKernel> read_amd_object(std::span<const std::uint8_t> bytes,
                                            const std::string& name);

/// The kernels of a cubin, from the log of `ptxas -v` and its code. Throws BadInput if the two list
/// different kernels. The resources of called functions count as the kernel's own.
std::vector<CompiledKernel> read_cubin(std::span<const std::uint8_t> bytes, std::string_view log,
                                       const std::string& name);

/// Reads either kind, chosen by the machine in the file's header. The log is read only for a cubin.
std::vector<CompiledKernel> read_object(const std::filesystem::path& object,
                                        const std::filesystem::path& log);

/// A demangled symbol: "self_test_words<32>".
std::string demangled(const std::string& symbol);

}  // namespace kernelgate
