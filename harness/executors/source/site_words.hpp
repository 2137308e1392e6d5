// Formats synchronising calls as text for findings.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "harness/executors/source/kernel_api.hpp"

namespace kernelgate {

/// "top_k_kernel.hpp:41".
inline std::string words(source_api::Site site) {
  const char* slash = std::strrchr(site.file, '/');
  return fmt::format("{}:{}", slash ? slash + 1 : site.file, site.line);
}

inline bool same(source_api::Site a, source_api::Site b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

inline const char* name(source_api::WaveOp op) {
  static constexpr const char* names[] = {"k_syncwave",    "ballot",     "shuffle",
                                          "shuffle xor",   "shuffle up", "shuffle down",
                                          "matrix product"};
  return names[static_cast<int>(op)];
}

}  // namespace kernelgate
