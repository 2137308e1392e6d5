// Parses arbitrary bytes as generation_config.json and as each tokenizer file: they are read or
// rejected with BadInput.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/core/error.hpp"
#include "harness/core/file_kind.hpp"
#include "reference/generation_config.hpp"
#include "reference/rsa/tokenizer_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kernelgate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto parse :
       {rsa::parse_tokenizer_json, rsa::parse_added_tokens_json, rsa::parse_tokenizer_config}) {
    try {
      const rsa::TokenizerFiles files = parse(text, "fuzzed");
      for (const rsa::AddedToken& token : files.added) {
        if (token.id < 0 || token.id >= files.size()) std::abort();
      }
    } catch (const BadInput&) {
    }
  }
  try {
    const reference::RunStatement stated(text, "fuzzed");
    if (stated.bos().value_or(0) < 0) std::abort();
    for (const std::int32_t id : stated.eos()) {
      if (id < 0) std::abort();
    }
  } catch (const BadInput&) {
  }
  if (describe_wrong_kind(text, FileKind::text).size() > 200) std::abort();
  return 0;
}
