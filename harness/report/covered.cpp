#include "harness/report/covered.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/devices/profile.hpp"

namespace kernelgate {

std::string device_with_width(const std::string& device) {
  const auto& profiles = device_profiles();
  const auto at = std::find_if(profiles.begin(), profiles.end(),
                               [&](const DeviceProfile& p) { return p.name == device; });
  return at == profiles.end() ? device : fmt::format("{} (w{})", device, at->wave);
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

std::string run_words(const std::set<std::string>& devices) {
  return "run on " + devices_with_width(devices);
}

}  // namespace kernelgate
