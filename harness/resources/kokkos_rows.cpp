#include "harness/resources/kokkos_rows.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <memory>
#include <regex>
#include <string_view>
#include <utility>

#include "harness/devices/occupancy.hpp"

namespace kernelgate {
namespace {

std::string demangled_in_full(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && text ? text.get() : std::string();
}

bool opens(char c) { return c == '<' || c == '(' || c == '{' || c == '['; }
bool closes(char c) { return c == '>' || c == ')' || c == '}' || c == ']'; }

// The position after the bracket that closes the one at `at`, or the end.
std::size_t behind_bracket(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (opens(text[at])) ++depth;
    if (closes(text[at]) && --depth == 0) return at + 1;
  }
  return text.size();
}

// The first argument of the template whose arguments begin at `at`.
std::string_view first_argument(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && text[end] != ',' && !closes(text[end])) {
    end = opens(text[end]) ? behind_bracket(text, end) : end + 1;
  }
  return text.substr(at, end - at);
}

std::string without(std::string text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what)) {
    text.erase(at, what.size());
  }
  return text;
}

// "{lambda(int)#2}" becomes "lambda#2".
std::string with_short_lambdas(std::string text) {
  constexpr std::string_view lambda = "{lambda";
  for (std::size_t at = text.find(lambda); at != std::string::npos; at = text.find(lambda)) {
    const std::size_t parameters = at + lambda.size();
    const std::size_t number = behind_bracket(text, parameters);
    const std::size_t end = behind_bracket(text, at);
    text = text.substr(0, at) + "lambda" + text.substr(number, end - 1 - number) + text.substr(end);
  }
  return text;
}

// Removes the parameters of functions that contain a lambda. A cast, "(Kind)1", stays.
std::string without_parameters(std::string text) {
  for (std::size_t at = text.find('('); at != std::string::npos; at = text.find('(', at)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '_' || before == '>') {
      text.erase(at, behind_bracket(text, at) - at);
    } else {
      ++at;
    }
  }
  return text;
}

// "void f<float>(int)::lambda#1" becomes "f<float>::lambda#1": the demangler also writes the return
// type of a function template.
std::string without_signatures(const std::string& text) {
  static const std::regex call("(::operator)?( const)?::(?=lambda#)");
  std::string name = std::regex_replace(without_parameters(text), call, "::");
  std::size_t begin = 0;
  for (std::size_t at = 0; at < name.size();) {
    if (name[at] == ' ') begin = at + 1;
    at = opens(name[at]) ? behind_bracket(name, at) : at + 1;
  }
  return name.substr(begin);
}

std::string short_name(std::string_view functor) {
  static const std::regex scope("[A-Za-z_][A-Za-z_0-9]*::(?!lambda#)");  // functions stay
  static const std::regex shape("\\bDeviceShape, |, DeviceShape\\b|<DeviceShape>");
  static const std::regex space(" (?=>)");
  std::string name = with_short_lambdas(without(std::string(functor), "(anonymous namespace)::"));
  if (name.find("lambda#") != std::string::npos) name = without_signatures(name);
  name = std::regex_replace(std::regex_replace(name, space, ""), scope, "");
  return std::regex_replace(name, shape, "");
}

ResourceRow worst(ResourceRow row, const ResourceRow& other) {
  row.registers = std::max(row.registers, other.registers);
  row.spilled = std::max(row.spilled, other.spilled);
  row.scalars_in_lanes = std::max(row.scalars_in_lanes, other.scalars_in_lanes);
  row.scratch = std::max(row.scratch, other.scratch);
  row.lds_bytes = std::max(row.lds_bytes, other.lds_bytes);
  row.waves = std::min(row.waves, other.waves);
  return row;
}

// The worst metrics of the rows of each unit and target.
std::map<std::pair<std::string, std::string>, ResourceRow> worst_by_unit(
    std::span<const ResourceRow> rows) {
  std::map<std::pair<std::string, std::string>, ResourceRow> units;
  for (const ResourceRow& row : rows) {
    const auto [at, first] = units.try_emplace({kokkos_unit(row), row.profile}, row);
    if (!first) at->second = worst(at->second, row);
  }
  return units;
}

}  // namespace

std::optional<std::string> kokkos_functor(const std::string& symbol) {
  // "void Kokkos::Impl::hip_parallel_launch_local_memory<Kokkos::Impl::ParallelFor<FUNCTOR, …"
  static const std::regex launch(
      "_parallel_launch_[a-z]+_memory<Kokkos::Impl::Parallel[A-Za-z]+<"
      "(Kokkos::Impl::CombinedFunctorReducer<)?");
  const std::string text = demangled_in_full(symbol);
  std::smatch found;
  if (!std::regex_search(text, found, launch)) return std::nullopt;
  const std::size_t begin = static_cast<std::size_t>(found.position() + found.length());
  const std::string_view functor = first_argument(text, begin);
  if (functor.starts_with("Kokkos::")) return std::nullopt;
  return short_name(functor);
}

std::string kokkos_unit(const DeviceObject& object) {
  const std::string file = object.object.filename().string();
  std::string unit = file.substr(0, file.find('.'));
  if (unit.starts_with(object.kernel + "_")) unit.erase(0, object.kernel.size() + 1);
  return fmt::format("{}/{}/", object.kernel, unit);
}

std::string kokkos_unit(const ResourceRow& row) {
  return row.kernel.substr(0, row.kernel.rfind('/') + 1);
}

std::vector<ResourceRow> kokkos_rows(const DeviceObject& object,
                                     std::span<const CompiledKernel> kernels) {
  struct Found {
    ResourceRow row;
    std::uint64_t code = 0;
  };
  const DeviceProfile& profile = device_profile(object.profile);
  std::map<std::string, Found> functors;
  for (const CompiledKernel& kernel : kernels) {
    const std::optional<std::string> functor = kokkos_functor(kernel.symbol);
    if (!functor) continue;
    const Occupancy held =
        occupancy({kokkos_block_threads, kernel.registers, kernel.static_lds}, profile);
    const ResourceRow row{kokkos_unit(object) + *functor,
                          object.profile,
                          kernel.registers,
                          kernel.spilled,
                          kernel.scalars_in_lanes,
                          kernel.scratch,
                          kernel.static_lds,
                          held.waves,
                          std::string()};
    const auto [at, first] = functors.try_emplace(row.kernel, Found{row, 0});
    if (!first) at->second.row = worst(at->second.row, row);
    at->second.code += kernel.code_hash;  // order-independent
  }
  std::vector<ResourceRow> rows;
  for (auto& [name, found] : functors) {
    found.row.code = fmt::format("{:016x}", found.code);
    rows.push_back(found.row);
  }
  return rows;
}

std::vector<std::string> renamed_functors(std::span<const ResourceRow> gone,
                                          std::span<const ResourceRow> added) {
  std::vector<std::string> words;
  const auto now = worst_by_unit(added);
  for (const auto& [unit, before] : worst_by_unit(gone)) {
    const auto at = now.find(unit);
    if (at == now.end()) continue;
    ResourceRow other = at->second;
    other.code = before.code;  // not comparable between different functors
    const ResourceChange change = change_between(before, other);
    words.push_back(fmt::format("{}* for {}, worst of the gone and worst of the new functors: {}",
                                unit.first, unit.second,
                                change.change == Change::same ? "the same" : change.words));
  }
  return words;
}

}  // namespace kernelgate
