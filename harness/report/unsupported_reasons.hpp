// Groups unsupported rows by reason: one line per reason, however many cases it applies to.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Why a row is unsupported, in the same words for every storage type. In the name of a kernel
/// instance the row's type becomes TYPE: "top_k_slice<TYPE,w64,64k> is instantiated for waves of 64
/// lanes, …".
std::string reason_of(const Record& record);

/// Collects `unsupported` rows and merges those with the same variant, device and reason.
class UnsupportedReasons {
 public:
  void add(const Record& record);
  /// Each reason with its number of rows and the reproduction command of the first of them.
  std::string describe() const;
  /// "470 rows are unsupported, for 61 reasons"; empty when there are none.
  std::string summary() const;

 private:
  struct Reason {
    Record first;
    std::string words;
    std::int64_t rows = 0;
    std::set<std::string> types;
  };
  std::vector<Reason> reasons_;
  std::int64_t rows_ = 0;
};

}  // namespace kernelgate
