// Reads and writes the safetensors format: 8 bytes of header length, a JSON header, then the
// tensors' bytes.
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

/// Shape and numbers of one tensor, without ownership of the bytes.
struct TensorView {
  std::vector<std::int64_t> shape;
  Values values;
};

/// Tensors by name, with the owners of their bytes.
struct TensorMap {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
  /// Tensors with an unsupported element type, and tensors that an index does not list, each with a
  /// message.
  std::map<std::string, std::string> unreadable, unlisted;
  std::vector<std::shared_ptr<const void>> owners;
};

/// Treatment of tensors whose element type this project does not support, such as F8_E4M3.
enum class UnknownTypes { refused, unreadable };

/// Reads a file's header and maps its tensors without copying. Throws BadInput for any
/// inconsistency: lengths, types, shapes against bytes, gaps, overlaps, duplicate names.
TensorMap read_safetensors(const std::filesystem::path& file,
                           UnknownTypes unknown = UnknownTypes::refused);
/// The same for bytes in memory, which the caller keeps alive. `file` is their name in messages.
TensorMap parse_safetensors(std::span<const std::byte> bytes, const std::string& file,
                            UnknownTypes unknown = UnknownTypes::refused);

/// Writes all tensors in the order of their names. The file appears completely or not at all; a
/// device or pipe of that name is written in place.
void write_safetensors(const std::filesystem::path& file, const TensorMap& tensors);

}  // namespace kernelgate::reference
