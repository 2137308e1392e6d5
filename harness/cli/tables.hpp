#pragma once
#include <string>
#include <vector>
#include "harness/records/record.hpp"
namespace kernelgate {
std::string check_table(const std::vector<Record>& records);
std::string bench_table(const std::vector<Record>& records);
}
