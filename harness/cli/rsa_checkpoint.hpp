// Statements of a checkpoint that `rsa` follows: its tokenizer, the ids that end a sequence, the
// ids that may be drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/cli/rsa_options.hpp"

namespace kernelgate {

/// The tokenizer of --tokenizer, or that of the checkpoint if it is needed or can be read;
/// otherwise none. The files beside it add their tokens.
RsaTokenizer rsa_tokenizer(const RsaOptions& options);

/// An id, or a piece of the tokenizer such as </think>; nothing for an empty text. `option` is
/// named in the message of the BadInput for anything else.
std::optional<std::int32_t> parse_marker(const std::string& text, const std::string& option,
                                         const rsa::Tokenizer* tokenizer);

/// Sets settings.eos and settings.sampling.valid with their sources, and adds notices. An option
/// wins over generation_config.json, this over config.json, and this over the tokenizer. Throws
/// BadInput for ids that a vocabulary of this size does not have.
void take_statements(RsaInputs& inputs, const RsaOptions& options, std::int64_t vocab_size);

}  // namespace kernelgate
