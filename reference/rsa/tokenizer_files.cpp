#include "reference/rsa/tokenizer_files.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/json_fields.hpp"
#include "reference/mapped_file.hpp"

namespace kernelgate::rsa {
namespace {

using reference::JsonFields;

constexpr std::int64_t max_id = INT32_MAX - 1;

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

/// Largest id of model.vocab plus one. The vocabulary is an object from piece to id, or a list of
/// pieces.
std::int64_t vocabulary_size(const JsonFields& json) {
  if (!json.is_object("model")) return 0;
  const JsonFields model = json.object("model");
  if (model.is_list("vocab")) return model.list_size("vocab");
  if (!model.is_object("vocab")) return 0;
  std::int64_t size = 0;
  const JsonFields vocabulary = model.object("vocab");
  for (const std::string& piece : vocabulary.keys()) {
    size = std::max(size, vocabulary.whole(piece, 0, max_id) + 1);
  }
  return size;
}

/// A special token: its text, or an object that contains it; empty if the key is absent or has
/// another type.
std::string token_text(const JsonFields& json, const std::string& key) {
  if (json.is_object(key)) return token_text(json.object(key), "content");
  return json.is_text(key) ? json.text(key) : std::string();
}

AddedToken added_token(const JsonFields& entry, std::int64_t id, const std::string& file) {
  return {.id = static_cast<std::int32_t>(id),
          .content = entry.text("content"),
          .special = entry.flag_or("special", false),
          .source = file_name(file)};
}

[[noreturn]] void refuse_conflict(const AddedToken& a, const AddedToken& b) {
  throw BadInput(b.source + ": token '" + b.content + "' has id " + std::to_string(b.id) +
                 ", but " + a.source + " gives id " + std::to_string(a.id) + " to '" + a.content +
                 "'");
}

/// Merges the tokens of several files.
class Joined {
 public:
  void add(TokenizerFiles part) {
    all_.vocabulary = std::max(all_.vocabulary, part.vocabulary);
    for (std::string& source : part.sources) all_.sources.push_back(std::move(source));
    for (AddedToken& token : part.added) add(std::move(token));
    if (all_.eos.empty()) {
      all_.eos = std::move(part.eos);
      all_.eos_source = std::move(part.eos_source);
    }
  }

  TokenizerFiles take() {
    for (auto& [id, token] : by_id_) all_.added.push_back(std::move(token));
    return std::move(all_);
  }

 private:
  void add(AddedToken token) {
    const auto same_id = by_id_.find(token.id);
    if (same_id != by_id_.end()) {
      if (same_id->second.content != token.content) refuse_conflict(same_id->second, token);
      same_id->second.special |= token.special;
      return;
    }
    const auto same_text = id_of_.find(token.content);
    if (same_text != id_of_.end()) refuse_conflict(by_id_.at(same_text->second), token);
    id_of_[token.content] = token.id;
    by_id_[token.id] = std::move(token);
  }

  TokenizerFiles all_;
  std::map<std::int32_t, AddedToken> by_id_;
  std::map<std::string, std::int32_t> id_of_;
};

/// One file's tokens without repeats, in ascending order of ids.
TokenizerFiles without_repeats(TokenizerFiles files) {
  Joined joined;
  joined.add(std::move(files));
  return joined.take();
}

class WithAddedTokens : public Tokenizer {
 public:
  WithAddedTokens(std::unique_ptr<Tokenizer> base, std::vector<AddedToken> added)
      : base_(std::move(base)), added_(std::move(added)) {
    for (std::size_t i = 0; i < added_.size(); ++i) by_id_[added_[i].id] = i;
  }

  std::int64_t size() const override {
    return std::max<std::int64_t>(base_->size(), std::int64_t{added_.back().id} + 1);
  }
  std::optional<std::int32_t> bos() const override { return base_->bos(); }
  std::optional<std::int32_t> eos() const override { return base_->eos(); }

  std::optional<std::int32_t> id_of(std::string_view piece) const override {
    for (const AddedToken& token : added_) {
      if (token.content == piece) return token.id;
    }
    return base_->id_of(piece);
  }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    std::size_t from = 0;  // start of the text not encoded yet
    for (std::size_t at = 0; at < text.size();) {
      const AddedToken* token = longest_at(text.substr(at));
      if (token == nullptr) {
        ++at;
        continue;
      }
      append(ids, base_->encode(text.substr(from, at - from)));
      ids.push_back(token->id);
      at += token->content.size();
      from = at;
    }
    append(ids, base_->encode(text.substr(from)));
    return ids;
  }

  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    std::size_t from = 0;  // start of the ids not decoded yet
    for (std::size_t i = 0; i <= ids.size(); ++i) {
      const auto added = i < ids.size() ? by_id_.find(ids[i]) : by_id_.end();
      if (i < ids.size() && added == by_id_.end()) continue;
      if (i > from) text += base_->decode(ids.subspan(from, i - from));
      if (added != by_id_.end() && !added_[added->second].special) {
        text += added_[added->second].content;
      }
      from = i + 1;
    }
    return text;
  }

 private:
  static void append(std::vector<std::int32_t>& ids, const std::vector<std::int32_t>& more) {
    ids.insert(ids.end(), more.begin(), more.end());
  }

  const AddedToken* longest_at(std::string_view text) const {
    const AddedToken* longest = nullptr;
    for (const AddedToken& token : added_) {
      if (token.content.empty() || !text.starts_with(token.content)) continue;
      if (longest == nullptr || token.content.size() > longest->content.size()) longest = &token;
    }
    return longest;
  }

  std::unique_ptr<Tokenizer> base_;
  std::vector<AddedToken> added_;
  std::map<std::int32_t, std::size_t> by_id_;
};

}  // namespace

std::int64_t TokenizerFiles::size() const {
  return std::max(vocabulary, added.empty() ? 0 : std::int64_t{added.back().id} + 1);
}

TokenizerFiles parse_tokenizer_json(std::string_view text, const std::string& file) {
  const nlohmann::json parsed = reference::parse_json(text, file);
  const JsonFields json(parsed, file);
  TokenizerFiles files;
  files.vocabulary = vocabulary_size(json);
  files.sources = {file_name(file)};
  if (json.has("added_tokens")) {
    for (const JsonFields& entry : json.objects("added_tokens")) {
      files.added.push_back(added_token(entry, entry.whole("id", 0, max_id), file));
    }
  }
  return without_repeats(std::move(files));
}

TokenizerFiles parse_added_tokens_json(std::string_view text, const std::string& file) {
  const nlohmann::json parsed = reference::parse_json(text, file);
  const JsonFields json(parsed, file);
  TokenizerFiles files;
  files.sources = {file_name(file)};
  for (const std::string& content : json.keys()) {
    files.added.push_back({.id = static_cast<std::int32_t>(json.whole(content, 0, max_id)),
                           .content = content,
                           .special = false,
                           .source = file_name(file)});
  }
  return without_repeats(std::move(files));
}

TokenizerFiles parse_tokenizer_config(std::string_view text, const std::string& file) {
  const nlohmann::json parsed = reference::parse_json(text, file);
  const JsonFields json(parsed, file);
  TokenizerFiles files;
  if (json.has("added_tokens_decoder")) {
    const JsonFields decoder = json.object("added_tokens_decoder");
    for (const std::string& key : decoder.keys()) {
      std::int32_t id = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
      if (error != std::errc() || end != key.data() + key.size() || id < 0 || id > max_id) {
        decoder.refuse(key, "a token id from 0 to " + std::to_string(max_id) + " as the key");
      }
      files.added.push_back(added_token(decoder.object(key), id, file));
    }
    files.sources = {file_name(file)};
  }
  files.eos = token_text(json, "eos_token");
  if (!files.eos.empty()) files.eos_source = file_name(file);
  return without_repeats(std::move(files));
}

TokenizerFiles read_tokenizer_files(const std::filesystem::path& directory) {
  using Parse = TokenizerFiles (*)(std::string_view, const std::string&);
  constexpr std::pair<const char*, Parse> readers[] = {
      {"tokenizer.json", parse_tokenizer_json},
      {"added_tokens.json", parse_added_tokens_json},
      {"tokenizer_config.json", parse_tokenizer_config},
      {"special_tokens_map.json", parse_tokenizer_config}};
  Joined joined;
  for (const auto& [name, parse] : readers) {
    const std::filesystem::path file = directory / name;
    if (!reference::is_there(file)) continue;
    const reference::MappedFile mapped(file);
    joined.add(parse(mapped.text(), file.string()));
  }
  return joined.take();
}

std::unique_ptr<Tokenizer> with_added_tokens(std::unique_ptr<Tokenizer> base,
                                             const TokenizerFiles& files,
                                             reference::Notices& notices) {
  std::vector<AddedToken> added;
  for (const AddedToken& token : files.added) {
    const auto piece = base->id_of(token.content);
    if (piece && *piece != token.id) {
      notices.push_back(token.source + ": token '" + token.content + "' has id " +
                        std::to_string(token.id) + " and is piece " + std::to_string(*piece) +
                        " of the SentencePiece model; " + token.source + " is used");
    }
    if (!piece || *piece != token.id) added.push_back(token);
  }
  if (added.empty()) return base;
  return std::make_unique<WithAddedTokens>(std::move(base), std::move(added));
}

}  // namespace kernelgate::rsa
