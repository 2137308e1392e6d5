// Processors that this process may use: not more than its affinity and its control groups allow.
#pragma once

#include <cstdint>
#include <filesystem>

namespace kernelgate {

/// The smaller of the processors of the affinity mask and the quota of the control groups, which is
/// rounded up: 1.5 processors are 2. At least 1.
std::int64_t usable_processors();

/// The number of threads that a user asked for, or one per usable processor for 0.
int threads_or_all(int asked);

/// The quota alone, by the files below `root` in place of /; 0 where there is none.
std::int64_t processor_quota_below(const std::filesystem::path& root);

}  // namespace kernelgate
