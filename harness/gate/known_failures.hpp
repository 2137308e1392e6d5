// Failures that are known and tolerated until a date: rows of suites/known_failures.csv. They are
// counted separately. An expired row, or a row whose cases pass again, fails the gate, so that the
// list can only get shorter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Patterns use the shell's `*`, `?` and `[]`, and match the whole text.
struct KnownFailure {
  std::string cases;      // of a case's id, "top_k/native/*"
  std::string arch;       // of the gate's --arch, "gfx11*"
  std::string toolchain;  // of the record's compiler, "GNU 12.*"
  std::string reason;     // text, or an issue's URL
  std::string expires;    // last valid day, "2027-01-31" (UTC)
  std::int64_t line = 0;  // of the file
};

/// Reads the columns case, arch, toolchain, reason and expires. Throws BadInput with file, line and
/// column for an unreadable file, an empty pattern or reason, or an invalid date.
std::vector<KnownFailure> read_known_failures(const std::filesystem::path& file);

/// Result of applying the list to a run's rows.
struct KnownOutcome {
  /// An expected failure: its index in the records, and the row of the list that matches it.
  struct Expected {
    std::size_t record = 0;
    const KnownFailure* row = nullptr;
  };
  std::vector<Expected> expected;
  std::int64_t failures = 0;            // not expected by any row
  std::vector<std::string> complaints;  // unexpected passes and expired rows, as text
};

/// `today` as "2026-11-22". The result points into `known`.
KnownOutcome apply_known_failures(std::span<const Record> records,
                                  std::span<const KnownFailure> known, const std::string& arch,
                                  const std::string& today);

}  // namespace kernelgate
