#include "harness/report/covered.hpp"

#include <fmt/format.h>

#include "harness/core/counted.hpp"
#include "harness/devices/profile.hpp"

namespace kernelgate {

std::string covered_meaning() { return fmt::format("covered by D (wW): {}", covered_rule); }

std::string device_with_width(const std::string& device) {
  const DeviceProfile* profile = find_device_profile(device);
  return profile == nullptr ? device : fmt::format("{} (w{})", device, profile->wave);
}

std::string devices_with_width(const std::set<std::string>& devices) {
  std::string text;
  for (const std::string& device : devices) {
    text += (text.empty() ? "" : ", ") + device_with_width(device);
  }
  return text;
}

std::string covered_words(std::int64_t ran, std::int64_t failed,
                          const std::set<std::string>& devices) {
  return fmt::format("covered {} by {}{}", ran, devices_with_width(devices),
                     failed == 0 ? "" : fmt::format(", {} failed", failed));
}

std::string more_covered_words(std::int64_t devices, const std::set<std::string>& by) {
  return fmt::format("{} covered by {}", counted(devices, "more device", "more devices"),
                     devices_with_width(by));
}

std::string run_words(const std::set<std::string>& devices) {
  return "run on " + devices_with_width(devices);
}

}  // namespace kernelgate
