#include "harness/cli/rsa_checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "reference/generation_config.hpp"

namespace kernelgate {
namespace {

// Ids from the returned one on are rows of padding. A SentencePiece model alone does not tell: most
// checkpoints add tokens behind its pieces, so that only the files that list added tokens say where
// the ids end.
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

// Ids and pieces, separated by commas; a piece that contains a comma stands alone.
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

// The option, generation_config.json, config.json, the tokenizer: the first that states an id.
void choose_eos(RsaInputs& inputs, const RsaOptions& options, std::int64_t vocab_size) {
  rsa::Settings& settings = inputs.settings;
  if (!options.eos.empty()) {
    if (!is_none(options.eos)) settings.eos = parse_eos(options.eos, inputs.tokenizer.text.get());
    inputs.eos_source = "--eos";
    return;
  }
  if (!options.model.checkpoint.empty()) {
    const reference::StopIds stop = reference::read_stop_ids(options.model.checkpoint);
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
  }
  if (settings.eos.empty() && inputs.tokenizer.text && inputs.tokenizer.text->eos()) {
    settings.eos = {*inputs.tokenizer.text->eos()};
    inputs.eos_source = "tokenizer";
  }
}

// The sampling that a checkpoint recommends is meant for plain decoding. RSA's published runs use a
// temperature and a top-p of 1 (model.md, 8.1), so that it is not taken, but said.
void note_stated_sampling(RsaInputs& inputs, const RsaOptions& options) {
  if (options.model.checkpoint.empty()) return;
  constexpr const char* file = "generation_config.json";
  const reference::RunStatement stated =
      reference::read_run_statement(options.model.checkpoint, file);
  const rsa::Sampling& used = inputs.settings.sampling;
  const std::map<std::string, double> now = {{"temperature", used.temperature},
                                             {"top_p", used.top_p},
                                             {"top_k", static_cast<double>(used.top_k)},
                                             {"min_p", used.min_p}};
  std::string differs;
  for (const auto& [key, value] : stated.sampling) {
    if (now.at(key) == value) continue;
    differs +=
        fmt::format("{}{} {} (used: {})", differs.empty() ? "" : ", ", key, value, now.at(key));
  }
  if (differs.empty()) return;
  inputs.notices.push_back(fmt::format("{}/{} states {}; options of the same names take it over",
                                       options.model.checkpoint, file, differs));
}

// Which id begins a text: the tokenizer's is used.
void note_stated_bos(RsaInputs& inputs, const RsaOptions& options) {
  if (options.model.checkpoint.empty() || !inputs.tokenizer.text) return;
  for (const char* file : {"generation_config.json", "config.json"}) {
    const auto stated = reference::read_run_statement(options.model.checkpoint, file).bos;
    if (!stated || stated == inputs.tokenizer.text->bos()) continue;
    inputs.notices.push_back(fmt::format(
        "{}/{}: key 'bos_token_id' is {}, but the tokenizer's is {}; the tokenizer's is used",
        options.model.checkpoint, file, *stated,
        inputs.tokenizer.text->bos() ? std::to_string(*inputs.tokenizer.text->bos()) : "none"));
  }
}

// The SentencePiece model that is asked for, or that can be read beside the weights; empty: none.
std::filesystem::path tokenizer_file(const RsaOptions& options) {
  const bool wanted =
      !options.prompt.empty() || !options.text_output.empty() || options.selection != "none";
  if (!options.tokenizer.empty()) return options.tokenizer;
  const std::filesystem::path beside =
      std::filesystem::path(options.model.checkpoint) / "tokenizer.model";
  const bool there = !options.model.checkpoint.empty() && std::filesystem::exists(beside);
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
  // Of --tokenizer the files beside it count, otherwise those of the checkpoint.
  if (!options.tokenizer.empty()) {
    all.files = rsa::read_tokenizer_files(file.parent_path());
  } else if (!options.model.checkpoint.empty()) {
    all.files = rsa::read_tokenizer_files(options.model.checkpoint);
  }
  if (all.text) all.text = rsa::with_added_tokens(std::move(all.text), all.files, all.notices);
  return all;
}

// An id, or a piece of the vocabulary such as </think>.
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
  choose_eos(inputs, options, vocab_size);
  note_stated_sampling(inputs, options);
  note_stated_bos(inputs, options);
}

}  // namespace kernelgate
