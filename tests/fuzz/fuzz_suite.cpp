// Fuzzes suites and case lists: any texts give cases, or BadInput. The input is a suite, a line
// "----", and the list @fuzzed, the only one that the suite may refer to.
#include "harness/suites/suite.hpp"
#include "kernels/linear/linear.hpp"
#include "tests/fuzz/refused.hpp"

namespace {

using namespace kernelgate;

Registry with_two_variants() {
  Registry registry;
  register_cases(registry);
  const auto never_run = [](const LinearCase&, TensorSet&) { return make_launch([] {}); };
  registry.add_variant<LinearCase>({"kokkos", Backend::kokkos, "never run"}, never_run);
  registry.add_variant<LinearCase>({"kokkos/cpu-bf16", Backend::kokkos, "never run"}, never_run);
  return registry;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Registry registry = with_two_variants();
  constexpr std::string_view fence = "\n----\n";
  const std::string_view input = fuzzing::as_text(data, size);
  const std::size_t at = input.find(fence);
  const std::string_view suite = input.substr(0, at);
  return fuzzing::read_or_refuse([&] {
    const auto find_list = [&](const std::string& kernel, const std::string& list) {
      CaseList found{kernel + "/" + list, std::nullopt};
      if (list == "fuzzed" && at != std::string_view::npos) {
        found.text = input.substr(at + fence.size());
      }
      return found;
    };
    for (const SuiteCase& c : parse_suite(registry, suite, "suite.csv", find_list)) {
      fuzzing::require(c.kernel != nullptr && !c.origin.empty());
      fuzzing::require(registry.find_case(c.shape->id()).kernel == c.kernel);
    }
  });
}
