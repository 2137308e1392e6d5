// Fuzzes control_groups(): any text as /proc/self/cgroup and, after a line "----", as
// /proc/self/mountinfo gives a bounded list of groups, each with a version and a folder.
#include "harness/core/control_groups.hpp"
#include "tests/fuzz/refused.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kernelgate;
  constexpr std::string_view fence = "\n----\n";
  const std::string_view input = fuzzing::as_text(data, size);
  const std::size_t at = input.find(fence);
  const std::string_view mounts =
      at == std::string_view::npos ? std::string_view{} : input.substr(at + fence.size());
  return fuzzing::read_or_refuse([&] {
    for (const char* controller : {"memory", "cpu"}) {
      const auto groups = control_groups(input.substr(0, at), mounts, controller);
      fuzzing::require(groups.size() <= 2 * 4097);
      for (const ControlGroup& group : groups) {
        fuzzing::require(group.version == 1 || group.version == 2);
        fuzzing::require(!group.folder.empty());
      }
    }
    number_of(input, "inactive_file");
  });
}
