// Counts the processors that the affinity and control groups of this process allow.
#pragma once

#include <cstdint>
#include <filesystem>

namespace kernelgate {

/// The minimum of the affinity mask's processors and the control groups' quota, rounded up: 1.5
/// processors count as 2. At least 1.
std::int64_t usable_processors();

/// The number of threads that a user asked for, or one per usable processor for 0.
int threads_or_all(int asked);

/// The quota alone, from the files below `root` in place of /; 0 if there is none.
std::int64_t processor_quota_below(const std::filesystem::path& root);

}  // namespace kernelgate
