// Kernels with the failures of spec section 12. Each case has inputs that trigger the failure, the
// expected output, computed on the host by another method, and the check that must detect it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernelgate {

enum class RefusedBy { result, race, init, bounds, sync, ub };

struct FailureCase {
  std::string id;  // of spec section 12
  std::string name;
  std::string clean, mutant;  // entry names without the wave width
  RefusedBy by = RefusedBy::result;
  std::vector<int> waves{32, 64};  // wave widths at which the mutant is wrong
  std::uint32_t blocks = 1;
  std::uint32_t threads = 256;
  std::vector<std::uint32_t> x, z;
  std::uint32_t n = 0;
  std::vector<std::uint32_t> expected;  // y
};

std::vector<FailureCase> failure_cases();

}  // namespace kernelgate
