// Parses arbitrary bytes as config.json: the result is a config that satisfies its own checks, or
// BadInput.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/core/error.hpp"
#include "reference/weights.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kernelgate::reference;
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ModelConfig config = parse_config(text, "fuzzed");
    for (const TensorName& tensor : tensor_names(config)) {
      std::int64_t bytes = 8;
      for (const std::int64_t extent : tensor.shape) {
        if (extent < 1 || __builtin_mul_overflow(bytes, extent, &bytes)) std::abort();
      }
    }
  } catch (const kernelgate::BadInput&) {
  }
  return 0;
}
