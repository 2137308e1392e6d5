// Kernels broken in the ways of spec section 12, each with the inputs that show it, the right
// answer worked out on the host by another route, and what must refuse it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernelgate {

enum class RefusedBy { result, race, init, bounds, sync, ub };

struct FailureCase {
  std::string id;  // of spec section 12
  std::string name;
  std::string clean, mutant;  // entries without their width
  RefusedBy by = RefusedBy::result;
  std::vector<int> waves{32, 64};  // where the mutant is one
  std::uint32_t blocks = 1;
  std::uint32_t threads = 256;
  std::vector<std::uint32_t> x, z;
  std::uint32_t n = 0;
  std::vector<std::uint32_t> expected;  // y
};

std::vector<FailureCase> failure_cases();

}  // namespace kernelgate
