#include "harness/core/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "harness/core/control_groups.hpp"

namespace kernelgate {
namespace {

std::int64_t processors_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return std::thread::hardware_concurrency();  // more processors than a cpu_set_t holds
}

}  // namespace

std::int64_t processor_quota_below(const std::filesystem::path& root) {
  std::int64_t min_processors = 0;
  for (const ControlGroup& group : control_groups_below(root, "cpu")) {
    const std::filesystem::path folder = root / group.folder.relative_path();
    std::optional<std::int64_t> quota, period;
    if (group.version == 2) {  // "150000 100000", or "max 100000"
      const std::string text = read_system_file(folder / "cpu.max");
      quota = leading_number(text);
      if (quota)
        period =
            leading_number(std::string_view(text).substr(std::min(text.find(' '), text.size())));
    } else {  // a quota of -1 means none
      quota = leading_number(read_system_file(folder / "cpu.cfs_quota_us"));
      period = leading_number(read_system_file(folder / "cpu.cfs_period_us"));
    }
    if (!quota || !period || *quota == 0 || *period == 0) continue;
    const std::int64_t processors = (*quota - 1) / *period + 1;
    min_processors = min_processors == 0 ? processors : std::min(min_processors, processors);
  }
  return min_processors;
}

std::int64_t usable_processors() {
  const std::int64_t all = std::max<std::int64_t>(1, processors_of_affinity());
  const std::int64_t quota = processor_quota_below("/");
  return quota == 0 ? all : std::min(all, quota);
}

int threads_or_all(int asked) { return asked > 0 ? asked : static_cast<int>(usable_processors()); }

}  // namespace kernelgate
