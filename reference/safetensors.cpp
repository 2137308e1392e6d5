#include "reference/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/file_kind.hpp"
#include "reference/json_fields.hpp"
#include "reference/mapped_file.hpp"

namespace kernelgate::reference {

namespace {

constexpr std::uint64_t max_header_bytes = 100'000'000;  // the format's own limit

struct StoredType {
  std::string_view name;
  Dtype type;
};
constexpr StoredType stored_types[] = {
    {"F32", Dtype::f32}, {"BF16", Dtype::bf16}, {"F16", Dtype::f16}, {"F64", Dtype::f64},
    {"I32", Dtype::i32}, {"I64", Dtype::i64},   {"U8", Dtype::u8}};

constexpr const char* known_types = "one of F32 BF16 F16 F64 I32 I64 U8";

std::optional<Dtype> stored_type(const JsonFields& json) {
  const std::string text = json.text("dtype");
  for (const StoredType& t : stored_types) {
    if (t.name == text) return t.type;
  }
  return std::nullopt;
}

/// Size of a shape in bytes; absent if the product overflows.
std::optional<std::int64_t> shape_bytes(const std::vector<std::int64_t>& shape, Dtype type) {
  std::int64_t total = size_bytes(type);
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(total, extent, &total)) return std::nullopt;
  }
  return total;
}

struct Placed {
  std::int64_t begin, end;
  std::string name;
};

Placed place(TensorMap& map, std::span<const std::byte> data, const std::string& name,
             const JsonFields& json, UnknownTypes unknown) {
  constexpr std::int64_t most = INT64_MAX;
  const std::optional<Dtype> type = stored_type(json);
  if (!type && unknown == UnknownTypes::refused) json.refuse("dtype", known_types);
  std::vector<std::int64_t> shape = json.wholes("shape", 0, most);
  const std::vector<std::int64_t> offsets = json.wholes("data_offsets", 0, most);
  const auto size = static_cast<std::int64_t>(data.size());
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > size) {
    json.refuse("data_offsets",
                "[begin, end] within the " + std::to_string(size) + " bytes after the header");
  }
  if (!type) {
    map.unreadable[name] = "its dtype is '" + json.text("dtype") + "', expected " + known_types;
    return {offsets[0], offsets[1], name};
  }
  const auto bytes = shape_bytes(shape, *type);
  if (!bytes || *bytes != offsets[1] - offsets[0]) {
    json.refuse("shape", "a shape of the " + std::to_string(offsets[1] - offsets[0]) +
                             " bytes that data_offsets gives");
  }
  const Values values(*type, data.data() + offsets[0], *bytes / size_bytes(*type));
  map.tensors.emplace(name, TensorView{std::move(shape), values});
  return {offsets[0], offsets[1], name};
}

void refuse_gaps(std::vector<Placed> placed, std::int64_t size, const std::string& file) {
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::int64_t end = 0;
  for (const Placed& p : placed) {
    if (p.begin != end) {
      throw BadInput(file + ": tensor '" + p.name + "': expected to begin at byte " +
                     std::to_string(end) + " of the data, where the one before it ends, got " +
                     std::to_string(p.begin));
    }
    end = p.end;
  }
  if (end != size) {
    throw BadInput(file + ": expected " + std::to_string(end) + " bytes after the header, got " +
                   std::to_string(size));
  }
}

}  // namespace

TensorMap parse_safetensors(std::span<const std::byte> bytes, const std::string& file,
                            UnknownTypes unknown) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min<std::size_t>(bytes.size(), 1024));
  if (const auto kind = describe_wrong_kind(start, FileKind::safetensors); !kind.empty()) {
    throw BadInput(file + ": expected a safetensors file, got " + kind);
  }
  std::uint64_t length = 0;
  if (bytes.size() < 8) {
    throw BadInput(file + ": expected at least 8 bytes, got " + std::to_string(bytes.size()));
  }
  std::memcpy(&length, bytes.data(), 8);  // little-endian, as are all supported hosts
  if (length > max_header_bytes || length > bytes.size() - 8) {
    throw BadInput(file + ": expected a header within the file's " + std::to_string(bytes.size()) +
                   " bytes, got a header length of " + std::to_string(length));
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  const nlohmann::json header = parse_json(text, file);
  const JsonFields fields(header, file);
  const auto data = bytes.subspan(8 + length);
  TensorMap map;
  std::vector<Placed> placed;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : fields.object(name).items()) map.metadata[key] = value;
    } else {
      placed.push_back(place(map, data, name, fields.object(name), unknown));
    }
  }
  refuse_gaps(std::move(placed), static_cast<std::int64_t>(data.size()), file);
  return map;
}

TensorMap read_safetensors(const std::filesystem::path& file, UnknownTypes unknown) {
  auto mapped = std::make_shared<const MappedFile>(file);
  TensorMap map = parse_safetensors(mapped->bytes(), file.string(), unknown);
  map.owners.push_back(std::move(mapped));
  return map;
}

}  // namespace kernelgate::reference
