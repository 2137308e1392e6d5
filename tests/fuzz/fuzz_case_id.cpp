// Fuzzes case ids: any text gives a case whose printed id parses to the same case, or BadInput.
#include "harness/core/registry.hpp"
#include "tests/fuzz/refused.hpp"

namespace {

// Sums over rows and queries take a while for large cases; the limits of refuse_huge() cover those.
constexpr std::int64_t max_bytes_counted = std::int64_t{1} << 24;

void probe(const kernelgate::Case& shape) {
  using kernelgate::fuzzing::require;
  std::int64_t bytes = 0;
  for (const kernelgate::TensorSpec& spec : shape.tensors()) {
    require(spec.count() >= 0);
    bytes += spec.count() * kernelgate::size_bytes(spec.type);
  }
  if (bytes > max_bytes_counted) return;
  const kernelgate::Traffic traffic = shape.traffic();
  require(traffic.bytes >= 0 && traffic.flops >= 0);
  static_cast<void>(shape.exact_not_applicable());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kernelgate;
  static const Registry registry = [] {
    Registry cases;
    register_cases(cases);
    return cases;
  }();
  return fuzzing::read_or_refuse([&] {
    const Registry::Found found = registry.find_case(fuzzing::as_text(data, size));
    const std::string id = found.shape->id();
    fuzzing::require(registry.find_case(id).shape->id() == id);
    probe(*found.shape);
  });
}
