#include "harness/core/free_memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "harness/core/control_groups.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

struct Headroom {
  std::int64_t bytes = unlimited;
  fs::path file;
};

/// Memory left under the group's limit; its page cache counts as free.
Headroom headroom_of(const ControlGroup& group, const fs::path& folder) {
  const bool v2 = group.version == 2;
  const auto number_in = [&](const char* name) {
    return leading_number(read_system_file(folder / name));
  };
  Headroom headroom;
  std::int64_t limit = unlimited;
  // Above memory.high a group is throttled until it nearly stops.
  for (const char* name : {v2 ? "memory.max" : "memory.limit_in_bytes", v2 ? "memory.high" : ""}) {
    const auto value = *name == '\0' ? std::nullopt : number_in(name);
    if (!value || *value >= limit) continue;
    limit = *value;
    headroom.file = group.folder / name;
  }
  constexpr std::int64_t no_limit = std::int64_t{1} << 60;  // how version 1 prints "none"
  const auto usage = number_in(v2 ? "memory.current" : "memory.usage_in_bytes");
  if (limit >= no_limit || !usage) return {};
  const std::string stat = read_system_file(folder / "memory.stat");
  std::int64_t cache = 0;
  for (const char* name : {"inactive_file", "active_file"}) {
    cache +=
        std::min(number_of(stat, (v2 ? "" : "total_") + std::string(name)).value_or(0), no_limit);
  }
  const std::int64_t held = std::max<std::int64_t>(0, *usage - std::min(cache, *usage));
  headroom.bytes = std::max<std::int64_t>(0, limit - held);
  return headroom;
}

/// Free memory without /proc; reclaimable cache is then unknown and not counted.
std::int64_t free_by_system_call() {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return unlimited;
  return static_cast<std::int64_t>((info.freeram + info.bufferram) * info.mem_unit);
}

/// Address space left under a limit such as `ulimit -v`.
std::optional<std::int64_t> address_space_left() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const auto pages = leading_number(read_system_file("/proc/self/statm")).value_or(0);
  const auto all = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, rlim_t{1} << 60));
  return std::max<std::int64_t>(0, all - pages * ::sysconf(_SC_PAGESIZE));
}

}  // namespace

FreeMemory free_memory_below(const fs::path& root) {
  const auto kilobytes = number_of(read_system_file(root / "proc/meminfo"), "MemAvailable");
  FreeMemory free{kilobytes ? std::min(*kilobytes, unlimited / 1024) * 1024 : unlimited, {}};
  for (const ControlGroup& group : control_groups_below(root, "memory")) {
    const Headroom headroom = headroom_of(group, root / group.folder.relative_path());
    if (headroom.bytes < free.bytes) free = {headroom.bytes, headroom.file.string()};
  }
  return free;
}

FreeMemory free_memory() {
  FreeMemory free = free_memory_below("/");
  if (free.bytes == unlimited) free.bytes = free_by_system_call();
  const auto left = address_space_left();
  if (left && *left < free.bytes) free = {*left, "ulimit -v"};
  return free;
}

std::string FreeMemory::describe() const {
  const double gigabytes = 1e-9 * static_cast<double>(bytes);
  if (limited_by.empty()) return fmt::format("{:.2f} GB are free", gigabytes);
  return fmt::format("{:.2f} GB are free within the limit of {}", gigabytes, limited_by);
}

std::optional<std::string> memory_shortage(std::int64_t needed) {
  const FreeMemory free = free_memory();
  if (static_cast<double>(needed) <= 0.9 * static_cast<double>(free.bytes)) return std::nullopt;
  return fmt::format("needs {:.2f} GB, {}", 1e-9 * static_cast<double>(needed), free.describe());
}

void require_memory(std::int64_t needed, std::string_view what, std::string_view hint) {
  const auto shortage = memory_shortage(needed);
  if (!shortage) return;
  throw MissingResource(fmt::format("{}: {}{}{}", what, *shortage, hint.empty() ? "" : "; ", hint));
}

}  // namespace kernelgate
