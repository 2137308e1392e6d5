#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "reference/safetensors.hpp"

namespace kernelgate::reference {

namespace {

const char* stored_name(Dtype type) {
  switch (type) {
    case Dtype::f32:
      return "F32";
    case Dtype::bf16:
      return "BF16";
    case Dtype::f16:
      return "F16";
    case Dtype::f64:
      return "F64";
    case Dtype::i32:
      return "I32";
    case Dtype::i64:
      return "I64";
    case Dtype::u8:
      return "U8";
  }
  return "";
}

std::int64_t byte_count(const TensorView& t) {
  return t.values.size() * size_bytes(t.values.type());
}

std::string header_of(const TensorMap& map) {
  nlohmann::ordered_json header;
  if (!map.metadata.empty()) header["__metadata__"] = map.metadata;
  std::int64_t at = 0;
  for (const auto& [name, tensor] : map.tensors) {
    const std::int64_t end = at + byte_count(tensor);
    header[name] = {{"dtype", stored_name(tensor.values.type())},
                    {"shape", tensor.shape},
                    {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.is_null() ? "{}" : header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // data begins at a multiple of 8 bytes
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& file, const TensorMap& map) {
  const std::string header = header_of(map);
  std::error_code error;
  const auto there = std::filesystem::status(file, error);
  // Devices and pipes are written in place; replacing one by a file would break its other users.
  const bool in_place = std::filesystem::exists(there) && !std::filesystem::is_regular_file(there);
  std::filesystem::path partial = file;
  if (!in_place) partial += ".partial-" + std::to_string(::getpid());
  errno = 0;
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  const std::uint64_t length = header.size();
  out.write(reinterpret_cast<const char*>(&length), 8);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (const auto& [name, tensor] : map.tensors) {
    if (tensor.values.empty()) continue;
    out.write(reinterpret_cast<const char*>(tensor.values.bytes()), byte_count(tensor));
  }
  out.close();
  if (!out) {
    const std::string why = errno == 0 ? "" : std::string(": ") + std::strerror(errno);
    if (!in_place) std::filesystem::remove(partial, error);
    throw BadInput(file.string() + ": cannot be written" + why);
  }
  if (in_place) return;
  std::filesystem::rename(partial, file, error);
  if (error) {
    const std::string why = error.message();
    std::filesystem::remove(partial, error);
    throw BadInput(file.string() + ": cannot be written: " + why);
  }
}

}  // namespace kernelgate::reference
