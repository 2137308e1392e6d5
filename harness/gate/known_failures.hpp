// Failures that are known and given time: rows of suites/known_failures.csv. They count apart, and
// never for longer than somebody said aloud: an expired row and one whose cases pass again fail the
// gate, so that the list can only shrink.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Patterns have the shell's `*`, `?` and `[]`, and match the whole text.
struct KnownFailure {
  std::string cases;      // of a case's id, "top_k/native/*"
  std::string arch;       // of the gate's --arch, "gfx11*"
  std::string toolchain;  // of the record's compiler, "GNU 12.*"
  std::string reason;     // in words, or an issue's address
  std::string expires;    // last day on which it holds, "2027-01-31" (UTC)
  std::int64_t line = 0;  // of the file
};

/// Reads the columns case, arch, toolchain, reason and expires. Throws BadInput with file, line and
/// column for an unreadable file, an empty pattern or reason and for what is no date.
std::vector<KnownFailure> read_known_failures(const std::filesystem::path& file);

/// What the list makes of a run's rows.
struct KnownOutcome {
  /// Index into the records of each failure that is expected, and the row of the list for it.
  struct Expected {
    std::size_t record = 0;
    const KnownFailure* row = nullptr;
  };
  std::vector<Expected> expected;
  std::int64_t failures = 0;            // that no row expects
  std::vector<std::string> complaints;  // unexpected passes and expired rows, in words
};

/// `today` as "2026-11-22". The references stay in `known`.
KnownOutcome apply_known_failures(std::span<const Record> records,
                                  std::span<const KnownFailure> known, const std::string& arch,
                                  const std::string& today);

}  // namespace kernelgate
