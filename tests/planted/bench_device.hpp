// Helpers for tests on a source device: typed buffers, lookup of entries by name, and a launch that
// returns its diagnostics.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/executors/source/source_device.hpp"

namespace kernelgate {

inline const NativeEntry& entry_named(NativeEntries entries, std::string_view name) {
  for (std::int64_t i = 0; i < entries.count; ++i) {
    if (entries.data[i].name == name) return entries.data[i];
  }
  throw std::logic_error("no entry " + std::string(name));
}

/// Returns "tree_sum<w64>" for kernel "tree_sum" and wave width 64.
inline const NativeEntry& entry_of_width(NativeEntries entries, const std::string& kernel,
                                         int wave) {
  return entry_named(entries, kernel + "<w" + std::to_string(wave) + ">");
}

template <class T>
T* upload(NativeDevice& device, const std::vector<T>& values, std::string_view name) {
  const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
  std::byte* memory = device.allocate(bytes, name);
  device.upload(memory, reinterpret_cast<const std::byte*>(values.data()), bytes);
  return reinterpret_cast<T*>(memory);
}

template <class T>
T* garbage(NativeDevice& device, std::size_t count, std::string_view name) {
  return reinterpret_cast<T*>(device.allocate(static_cast<std::int64_t>(count * sizeof(T)), name));
}

template <class T>
std::vector<T> download(NativeDevice& device, const T* from, std::size_t count) {
  std::vector<T> values(count);
  device.download(reinterpret_cast<std::byte*>(values.data()),
                  reinterpret_cast<const std::byte*>(from),
                  static_cast<std::int64_t>(count * sizeof(T)));
  return values;
}

template <class... Args>
std::vector<Finding> check_kernel(SourceDevice& device, const NativeEntry& entry,
                                  const LaunchShape& shape, const Args&... args) {
  const void* arguments[] = {static_cast<const void*>(&args)..., nullptr};
  return device.check(entry, shape, arguments);
}

inline std::string describe(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) out += SourceDevice::words(finding) + "\n";
  return out;
}

}  // namespace kernelgate
