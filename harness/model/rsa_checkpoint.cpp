#include "harness/model/rsa_checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "reference/generation_config.hpp"
#include "reference/mapped_file.hpp"

namespace kernelgate {
namespace {

/// Sets the first id whose row is padding. A SentencePiece model alone does not determine it: most
/// checkpoints add tokens after its pieces, so the files that list added tokens are needed.
void choose_valid(RsaInputs& inputs, std::int64_t vocab_size) {
  const RsaTokenizer& tokenizer = inputs.tokenizer;
  std::int64_t& valid = inputs.settings.sampling.valid;
  if (valid != 0) {
    inputs.valid_source = "--valid";
    return;
  }
  const std::int64_t base = std::max(tokenizer.pieces, tokenizer.files.vocabulary);
  if (base > vocab_size) {
    throw BadInput(
        fmt::format("rsa: the tokenizer has {} ids, the model's vocabulary {}", base, vocab_size));
  }
  if (base == 0 || tokenizer.files.sources.empty()) return;
  const std::int64_t stated = std::max(base, tokenizer.files.size());
  if (stated > vocab_size) {
    const rsa::AddedToken& last = tokenizer.files.added.back();
    inputs.notices.push_back(fmt::format(
        "{}: token '{}' has id {}, but the model's vocabulary ends at {}; it is never drawn",
        last.source, last.content, last.id, vocab_size));
  }
  valid = std::min(stated, vocab_size);
  inputs.valid_source = fmt::format("{}", fmt::join(tokenizer.files.sources, ", "));
}

bool is_none(const std::vector<std::string>& words) {
  return words.size() == 1 && words.front() == "none";
}

// Parses ids and pieces, separated by commas. A piece that contains a comma must be a word alone.
std::vector<std::int32_t> parse_eos(const std::vector<std::string>& words,
                                    const rsa::Tokenizer* tokenizer) {
  std::vector<std::int32_t> ids;
  const auto add = [&](std::int32_t id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const std::string& word : words) {
    const bool only_ids = word.find_first_not_of("0123456789,") == std::string::npos;
    const auto whole = tokenizer == nullptr || only_ids ? std::nullopt : tokenizer->id_of(word);
    if (whole) {
      add(*whole);
      continue;
    }
    for (std::size_t from = 0; from <= word.size();) {
      const std::size_t comma = std::min(word.find(',', from), word.size());
      const auto id = parse_marker(word.substr(from, comma - from), "--eos", tokenizer);
      if (!id)
        throw BadInput(fmt::format("--eos: expected token ids such as 1,106, got '{}'", word));
      add(*id);
      from = comma + 1;
    }
  }
  return ids;
}

/// The id of the token with this text in the tokenizer or its files.
std::optional<std::int32_t> id_of(const RsaTokenizer& tokenizer, const std::string& text) {
  for (const rsa::AddedToken& token : tokenizer.files.added) {
    if (token.content == text) return token.id;
  }
  return tokenizer.text ? tokenizer.text->id_of(text) : std::nullopt;
}

/// Takes eos from tokenizer_config.json or special_tokens_map.json, else the SentencePiece model.
void choose_eos_of_tokenizer(RsaInputs& inputs) {
  const RsaTokenizer& tokenizer = inputs.tokenizer;
  if (!tokenizer.files.eos.empty()) {
    if (const auto id = id_of(tokenizer, tokenizer.files.eos)) {
      inputs.settings.eos = {*id};
      inputs.eos_source = tokenizer.files.eos_source;
      return;
    }
    inputs.notices.push_back(fmt::format("{}: eos_token '{}' is no token that is known here",
                                         tokenizer.files.eos_source, tokenizer.files.eos));
  }
  if (tokenizer.text && tokenizer.text->eos()) {
    inputs.settings.eos = {*tokenizer.text->eos()};
    inputs.eos_source = "tokenizer";
  }
}

/// Takes eos from the first source with an id: the option, generation_config.json, config.json, the
/// tokenizer.
void choose_eos(RsaInputs& inputs, const RsaOptions& options,
                const reference::RunStatements& stated, std::int64_t vocab_size) {
  rsa::Settings& settings = inputs.settings;
  if (!options.eos.empty()) {
    if (!is_none(options.eos)) settings.eos = parse_eos(options.eos, inputs.tokenizer.text.get());
    inputs.eos_source = "--eos";
    return;
  }
  const reference::StopIds stop = reference::stop_ids(stated);
  for (const std::int32_t id : stop.ids) {
    if (id < vocab_size) continue;
    throw BadInput(fmt::format(
        "{}/{}: key 'eos_token_id': expected ids below the vocabulary's {}, got {}; --eos "
        "overrides it",
        options.model.checkpoint, stop.source, vocab_size, id));
  }
  settings.eos = stop.ids;
  inputs.eos_source = stop.source;
  if (!stop.differs.empty()) inputs.eos_source += "; " + stop.differs;
  if (settings.eos.empty()) choose_eos_of_tokenizer(inputs);
}

/// Throws BadInput if --end-of-think equals an eos id that --eos did not set. Adds notices for both
/// if they are never drawn.
void check_ends(RsaInputs& inputs) {
  const rsa::Settings& s = inputs.settings;
  const auto same =
      s.end_of_think ? std::find(s.eos.begin(), s.eos.end(), *s.end_of_think) : s.eos.end();
  if (same != s.eos.end() && inputs.eos_source != "--eos") {
    throw BadInput(fmt::format(
        "--end-of-think: expected an id that ends no rollout, got {}, which does by {}; "
        "--eos overrides it",
        *same, inputs.eos_source));
  }
  const auto note = [&](const char* what, std::int32_t id) {
    if (s.sampling.valid == 0 || id < s.sampling.valid) return;
    inputs.notices.push_back(fmt::format("{} {} is never drawn: ids below {} may be ({})", what, id,
                                         s.sampling.valid, inputs.valid_source));
  };
  for (const std::int32_t id : s.eos) note("eos", id);
  if (s.end_of_think) note("end of think", *s.end_of_think);
}

/// Reports the sampling that a checkpoint recommends. It is not used, because it is meant for plain
/// decoding; published RSA runs use a temperature and a top-p of 1 (model.md, 8.1).
void note_stated_sampling(RsaInputs& inputs, const RsaOptions& options,
                          const reference::RunStatement& stated) {
  using nlohmann::json;
  const rsa::Sampling& used = inputs.settings.sampling;
  const std::pair<const char*, json> now[] = {{"temperature", used.temperature},
                                              {"top_p", used.top_p},
                                              {"top_k", used.top_k},
                                              {"min_p", used.min_p},
                                              {"do_sample", true},
                                              {"repetition_penalty", 1},
                                              {"presence_penalty", 0},
                                              {"frequency_penalty", 0},
                                              {"suppress_tokens", json::array()},
                                              {"begin_suppress_tokens", json::array()}};
  std::string differs;
  for (const auto& [key, value] : now) {
    const json other = stated.value(key);
    if (other.is_null() || other == value) continue;
    const std::string text =
        other.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60);
    differs +=
        fmt::format("{}{} {} (used: {})", differs.empty() ? "" : ", ", key, text, value.dump());
  }
  if (differs.empty()) return;
  inputs.notices.push_back(
      fmt::format("{}/generation_config.json states {}; give --temperature, --top-p, --top-k or "
                  "--min-p to use them",
                  options.model.checkpoint, differs));
}

/// Reports a bos_token_id that differs from the tokenizer's. The tokenizer's is used.
void note_stated_bos(RsaInputs& inputs, const RsaOptions& options, const char* file,
                     const reference::RunStatement& statement) {
  if (!inputs.tokenizer.text) return;
  const auto stated = statement.bos(), used = inputs.tokenizer.text->bos();
  if (!stated || stated == used) return;
  inputs.notices.push_back(fmt::format(
      "{}/{}: key 'bos_token_id' is {}, but the tokenizer's is {}; the tokenizer's is used",
      options.model.checkpoint, file, *stated, used ? std::to_string(*used) : "none"));
}

// The SentencePiece model of --tokenizer, or the one beside the weights if it can be read or is
// needed; empty: none.
std::filesystem::path tokenizer_file(const RsaOptions& options) {
  const bool wanted =
      !options.prompt.empty() || !options.text_output.empty() || options.selection != "none";
  if (!options.tokenizer.empty()) return options.tokenizer;
  std::filesystem::path beside =
      std::filesystem::path(options.model.checkpoint) / "tokenizer.model";
  const bool there = !options.model.checkpoint.empty() && reference::is_there(beside);
  if (wanted && !there) {
    throw BadInput(
        "rsa: --prompt, --text-output and --selection need text: give --tokenizer FILE, or a "
        "checkpoint with a tokenizer.model; without them token ids are enough");
  }
  if (!there || (!wanted && !rsa::has_sentencepiece())) return {};
  return beside;
}

}  // namespace

RsaTokenizer rsa_tokenizer(const RsaOptions& options) {
  RsaTokenizer all;
  const std::filesystem::path file = tokenizer_file(options);
  if (!file.empty()) {
    all.text = rsa::load_sentencepiece(file);
    all.pieces = all.text->size();
  }
  // The files beside --tokenizer, or those of the checkpoint if there are none.
  if (!options.tokenizer.empty()) all.files = rsa::read_tokenizer_files(file.parent_path());
  if (all.files.sources.empty() && !options.model.checkpoint.empty()) {
    all.files = rsa::read_tokenizer_files(options.model.checkpoint);
  }
  if (all.pieces > 0 && all.files.vocabulary > 0 && all.pieces != all.files.vocabulary) {
    all.notices.push_back(
        fmt::format("tokenizer.json has a vocabulary of {} ids, {} has {} pieces; text is encoded "
                    "by the latter",
                    all.files.vocabulary, file.filename().string(), all.pieces));
  }
  if (all.text) all.text = rsa::with_added_tokens(std::move(all.text), all.files, all.notices);
  return all;
}

std::optional<std::int32_t> parse_marker(const std::string& text, const std::string& option,
                                         const rsa::Tokenizer* tokenizer) {
  if (text.empty()) return std::nullopt;
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc{} && end == text.data() + text.size()) return id;
  const auto piece = tokenizer == nullptr ? std::nullopt : tokenizer->id_of(text);
  if (piece) return piece;
  throw BadInput(fmt::format("{}: expected a token id{}, got '{}'", option,
                             tokenizer == nullptr ? "" : " or a piece of the tokenizer", text));
}

void take_statements(RsaInputs& inputs, const RsaOptions& options, std::int64_t vocab_size) {
  inputs.notices.insert(inputs.notices.end(), inputs.tokenizer.notices.begin(),
                        inputs.tokenizer.notices.end());
  choose_valid(inputs, vocab_size);
  reference::RunStatements stated;
  if (!options.model.checkpoint.empty()) {
    stated = reference::read_run_statements(options.model.checkpoint);
  }
  choose_eos(inputs, options, stated, vocab_size);
  check_ends(inputs);
  note_stated_sampling(inputs, options, stated.generation);
  note_stated_bos(inputs, options, "generation_config.json", stated.generation);
  note_stated_bos(inputs, options, "config.json", stated.config);
}

}  // namespace kernelgate
