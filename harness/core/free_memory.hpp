// Computes the memory that this process may still use: the minimum of the machine's free memory and
// the remainders of its control groups' and address-space limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace kernelgate {

struct FreeMemory {
  std::int64_t bytes = 0;
  std::string limited_by;  // the file or limit below the machine's free memory; else empty

  /// "0.31 GB are free", with the limit if there is one.
  std::string describe() const;
};

/// The free memory now. Swap is not counted. Reads a few files, about 0.1 ms.
FreeMemory free_memory();

/// "needs 1.36 GB, 0.31 GB are free (LIMIT)" if `needed` bytes exceed nine tenths of the free
/// memory (the rest of the process needs some, too). Otherwise nothing.
std::optional<std::string> memory_shortage(std::int64_t needed);

/// Throws BadInput "WHAT: needs 1.36 GB, 0.31 GB are free (LIMIT); HINT" on a shortage.
void require_memory(std::int64_t needed, std::string_view what, std::string_view hint = {});

/// As free_memory(), from files below `root` in place of /: proc/meminfo, proc/self/cgroup,
/// proc/self/mountinfo and the control groups. If these files do not exist, the result is the
/// maximum of the type. The address-space limit is ignored.
FreeMemory free_memory_below(const std::filesystem::path& root);

}  // namespace kernelgate
