#include "harness/vectors/vector_head_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

using nlohmann::json;

constexpr std::string_view role_names[] = {"input", "output", "state"};

/// One JSON object with access functions that report its errors.
struct Fields {
  const json& object;
  std::string where;

  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    const auto found = object.is_object() ? object.find(key) : object.end();
    const std::string got =
        !object.is_object() || found == object.end()
            ? "nothing"
            : found->dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 80);
    throw BadInput(fmt::format("{}: '{}': expected {}, got {}", where, key, expected, got));
  }
  const json& at(const char* key, const std::string& expected) const {
    if (!object.is_object() || !object.contains(key)) refuse(key, expected);
    return object[key];
  }
  std::string text(const char* key) const {
    const json& value = at(key, "a text");
    if (!value.is_string()) refuse(key, "a text");
    return value.get<std::string>();
  }
  std::uint64_t whole(const char* key) const {
    const json& value = at(key, "a whole number");
    if (!value.is_number_unsigned()) refuse(key, "a whole number");
    return value.get<std::uint64_t>();
  }
  const json& list(const char* key) const {
    const json& value = at(key, "a list");
    if (!value.is_array()) refuse(key, "a list");
    return value;
  }
};

TensorSpec spec_of(const json& object, const std::string& where) {
  const Fields fields{object, where};
  TensorSpec spec;
  spec.name = fields.text("name");
  const auto type = parse_dtype(fields.text("dtype"));
  if (!type) fields.refuse("dtype", "f32, bf16, f16, f64, i32, i64 or u8");
  spec.type = *type;
  for (const json& extent : fields.list("shape")) {
    if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() > (1ULL << 40U)) {
      fields.refuse("shape", "a list of whole numbers up to 2^40");
    }
    spec.shape.push_back(extent.get<std::int64_t>());
  }
  spec.count();  // rejects a product that overflows
  const std::string role = fields.text("role");
  if (role == "input") {
    spec.role = Role::input;
  } else if (role == "output") {
    spec.role = Role::output;
  } else if (role == "state") {
    spec.role = Role::state;
  } else {
    fields.refuse("role", "input, output or state");
  }
  return spec;
}

VectorHead head_of(const json& object, std::size_t number, const std::string& file) {
  Fields fields{object, fmt::format("{}: vector {}", file, number)};
  VectorHead head;
  head.id = fields.text("id");
  head.kernel = fields.text("kernel");
  head.axes = fields.text("axes");
  head.seed = fields.whole("seed");
  const std::string mode = fields.text("data");
  if (mode != "exact" && mode != "real") fields.refuse("data", "exact or real");
  head.mode = mode == "exact" ? DataMode::exact : DataMode::real;
  std::set<std::string> names;
  for (const json& tensor : fields.list("tensors")) {
    head.specs.push_back(spec_of(tensor, fields.where + ", tensor"));
    if (!names.insert(head.specs.back().name).second) {
      fields.refuse("tensors", "each name once, got '" + head.specs.back().name + "' twice");
    }
  }
  for (const json& property : fields.list("properties")) {
    if (!property.is_string()) fields.refuse("properties", "a list of texts");
    head.properties.push_back(property.get<std::string>());
  }
  return head;
}

}  // namespace

std::string heads_as_json(const std::vector<VectorHead>& heads) {
  json all = json::array();
  for (const VectorHead& head : heads) {
    json one = {{"id", head.id},           {"kernel", head.kernel},
                {"axes", head.axes},       {"data", std::string(name(head.mode))},
                {"seed", head.seed},       {"properties", head.properties},
                {"tensors", json::array()}};
    for (const TensorSpec& spec : head.specs) {
      one["tensors"].push_back({{"name", spec.name},
                                {"dtype", std::string(name(spec.type))},
                                {"shape", spec.shape},
                                {"role", role_names[static_cast<int>(spec.role)]}});
    }
    all.push_back(std::move(one));
  }
  return all.dump();
}

std::vector<VectorHead> heads_from_json(std::string_view text, const std::string& file) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_array()) {
    throw BadInput(fmt::format("{}: metadata 'vectors': expected a JSON list", file));
  }
  std::vector<VectorHead> heads;
  std::set<std::string> ids;
  for (const json& object : all) {
    heads.push_back(head_of(object, heads.size(), file));
    if (!ids.insert(heads.back().id).second) {
      throw BadInput(fmt::format("{}: vector '{}' occurs twice", file, heads.back().id));
    }
  }
  return heads;
}

}  // namespace kernelgate
