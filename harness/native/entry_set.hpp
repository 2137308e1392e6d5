// Finds the instances of a kernel by name.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/core/native_entry.hpp"

namespace kernelgate {

class NativeEntrySet {
 public:
  explicit NativeEntrySet(NativeEntries entries) : entries_(entries) {}

  std::span<const NativeEntry> all() const {
    return {entries_.data, static_cast<std::size_t>(entries_.count)};
  }
  /// Null if there is none of that name.
  const NativeEntry* find(std::string_view name) const {
    for (const NativeEntry& entry : all()) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  }
  /// Throws std::logic_error with the instance's name and those that exist.
  const NativeEntry& operator[](std::string_view name) const;

 private:
  NativeEntries entries_;
};

}  // namespace kernelgate
