#include "harness/cli/case_record.hpp"

namespace kernelgate {
namespace {

std::string dtype_of_axes(const std::string& axes) {
  for (const AxisText& part : split_axes(axes)) {
    if (part.key.empty()) return part.value;
  }
  return {};
}

}  // namespace

Record start_record(RowKind row, const std::string& run_id, const SuiteCase& suite_case,
                    const Variant& variant, DataMode mode, std::uint64_t seed) {
  Record record = start_record(row, run_id);
  record.kernel = suite_case.kernel->name;
  record.variant = variant.name;
  record.backend = variant.backend;
  record.axes = suite_case.shape->axes();
  record.dtype = dtype_of_axes(record.axes);
  record.data = mode;
  record.seed = seed;
  return record;
}

}  // namespace kernelgate
