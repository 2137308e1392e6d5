#include "harness/records/environment.hpp"

#include <omp.h>
#include <sys/utsname.h>

#include <fstream>
#include <string_view>

#include "generated/build_info.hpp"
#include "generated/commit.hpp"
#include "harness/core/processors.hpp"
#include "harness/core/text_parts.hpp"

namespace kernelgate {
namespace {

constexpr std::string_view blanks = " \t\r\"";

std::string os_name() {
  std::string name = "unknown system";
  std::ifstream release("/etc/os-release");
  for (std::string line; std::getline(release, line);) {
    constexpr std::string_view key = "PRETTY_NAME=";
    if (line.starts_with(key)) name = trimmed(std::string_view(line).substr(key.size()), blanks);
  }
  utsname kernel{};
  if (uname(&kernel) != 0) return name;
  return name + ", " + kernel.sysname + " " + kernel.release + " " + kernel.machine;
}

}  // namespace

std::string cpu_name(std::istream& cpuinfo) {
  std::string implementer;
  std::string part;
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = trimmed(std::string_view(line).substr(0, colon), blanks);
    const std::string_view value = trimmed(std::string_view(line).substr(colon + 1), blanks);
    if (value.empty()) continue;
    if (key == "model name" || key == "cpu model" || key == "cpu") return std::string(value);
    if (key == "CPU implementer") implementer = value;  // Arm: numbers, no name
    if (key == "CPU part") part = value;
  }
  if (!implementer.empty()) return "Arm, implementer " + implementer + ", part " + part;
  return "unknown";
}

KernelTarget kernel_target(const Environment& environment) {
  const std::string_view flags = environment.flags;
  const auto word_behind = [&](std::string_view key) -> std::string {
    const std::size_t kernels = flags.find("kernels: ");
    const std::size_t at = kernels == std::string_view::npos ? kernels : flags.find(key, kernels);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = flags.substr(at + key.size());
    return std::string(rest.substr(0, rest.find_first_of(" ;")));
  };
  return {word_behind(" -march="), word_behind("; vectors: ")};
}

std::string target_words(const Environment& environment) {
  if (environment.flags.find("kernels: ") == std::string::npos) return {};
  const std::string arch = kernel_target(environment).arch;
  if (arch == "native") return {};
  return ", kernels for " + (arch.empty() ? "the compiler's default" : arch);
}

Environment detect_environment() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  return {.cpu = cpu_name(cpuinfo),
          .cores = usable_processors(),
          .threads = omp_get_max_threads(),
          .os = os_name(),
          .compiler = build_info::compiler,
          .flags = build_info::flags,
          .commit = build_info::commit,
          .kokkos = build_info::kokkos,
          .build_type = build_info::build_type,
          .host = {}};
}

}  // namespace kernelgate
