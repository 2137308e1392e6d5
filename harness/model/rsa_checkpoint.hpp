// Settings that `rsa` takes from a checkpoint: tokenizer, ids that end a sequence, ids that may be
// drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/model/rsa_options.hpp"

namespace kernelgate {

/// The tokenizer of --tokenizer, else the checkpoint's if it is needed or can be read, else none.
/// The files beside it add their tokens.
RsaTokenizer rsa_tokenizer(const RsaOptions& options);

/// Parses an id, or a piece of the tokenizer such as </think>; nothing for an empty text. Throws
/// BadInput, with the name `option`, for anything else.
std::optional<std::int32_t> parse_marker(const std::string& text, const std::string& option,
                                         const rsa::Tokenizer* tokenizer);

/// Sets settings.eos and settings.sampling.valid with their sources, and adds notices. Precedence:
/// option, generation_config.json, config.json, tokenizer. Throws BadInput for ids outside a
/// vocabulary of this size.
void take_statements(RsaInputs& inputs, const RsaOptions& options, std::int64_t vocab_size);

}  // namespace kernelgate
