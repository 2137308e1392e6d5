// Fuzzes the index of a sharded checkpoint: any bytes give names of files in its folder, or
// BadInput. The tensor names, which may be any text too, go through the translation of original
// names.
#include "reference/checkpoint.hpp"
#include "reference/legacy_names.hpp"
#include "tests/fuzz/refused.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kernelgate;
  return fuzzing::read_or_refuse([&] {
    const auto map = reference::parse_index(fuzzing::as_text(data, size), "index.json");
    for (const auto& [tensor, shard] : map) {
      fuzzing::require(!shard.empty() && shard != ".." && shard.find('/') == std::string::npos);
      if (reference::is_legacy_name(tensor)) fuzzing::require(!tensor.empty());
      fuzzing::require(tensor.empty() || !reference::native_name(tensor, 2).empty());
    }
  });
}
