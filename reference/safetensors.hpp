// The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/core/values.hpp"

namespace kernelgate::reference {

/// Shape and numbers of one tensor; whoever made it says who owns the bytes.
struct TensorView {
  std::vector<std::int64_t> shape;
  Values values;
};

/// Tensors by name, and what keeps their bytes alive.
struct TensorMap {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
  /// Tensors whose element type is not read, and those that an index does not list, each with a
  /// message.
  std::map<std::string, std::string> unreadable, unlisted;
  std::vector<std::shared_ptr<const void>> owners;
};

/// Treatment of tensors whose element type this project does not read, such as F8_E4M3.
enum class UnknownTypes { refused, unreadable };

/// Reads a file's header and maps its tensors without copying. Throws BadInput for whatever does
/// not fit together: lengths, types, shapes against bytes, gaps, overlaps, names that occur twice.
TensorMap read_safetensors(const std::filesystem::path& file,
                           UnknownTypes unknown = UnknownTypes::refused);
/// The same on bytes in memory, which the caller keeps alive. `file` names them in messages.
TensorMap parse_safetensors(std::span<const std::byte> bytes, const std::string& file,
                            UnknownTypes unknown = UnknownTypes::refused);

/// Writes all tensors, in the order of their names, to a file that appears whole or not at all; a
/// device or a pipe of that name is written to as it is.
void write_safetensors(const std::filesystem::path& file, const TensorMap& tensors);

}  // namespace kernelgate::reference
