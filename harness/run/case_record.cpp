#include "harness/run/case_record.hpp"
#include "harness/core/variant_role.hpp"

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

void add_program_options(Record& record, std::span<const std::string> plugin_words, int threads) {
  if (role_of(record.variant) == VariantRole::plugin) add_options(record, plugin_words);
  if (threads != 0) {
    add_options(record, std::vector<std::string>{"--threads", std::to_string(threads)});
  }
}

}  // namespace kernelgate
