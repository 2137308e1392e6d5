// Imports measurements that were made elsewhere into a file of this checkout.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>

namespace kernelgate::history {

struct Imported {
  std::int64_t added = 0;
  std::int64_t known = 0;     // already present
  std::int64_t left_out = 0;  // rows without a time of their own: rounds, checks
};

/// Appends the timed rows of `from` that `into` does not contain yet; creates `into` if missing.
/// Concurrent imports append each row once, because they lock the folder of `into`. Throws
/// BadInput, and appends nothing, for a file of a newer schema or one that is not a records file.
Imported import_records(const std::filesystem::path& from, const std::filesystem::path& into,
                        std::ostream& notes);

}  // namespace kernelgate::history
