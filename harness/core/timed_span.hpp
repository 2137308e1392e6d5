// One measured time span, and whether the machine disturbed it.
#pragma once

#include <optional>

namespace kernelgate {

struct TimedSpan {
  double seconds = 0;
  /// Whether other programs or throttling slowed it; absent if the system reports neither.
  std::optional<bool> disturbed = std::nullopt;
};

}  // namespace kernelgate
