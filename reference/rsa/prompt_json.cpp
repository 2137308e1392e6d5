// Reads and prints prompt templates as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/json_fields.hpp"
#include "reference/rsa/prompt.hpp"

namespace kernelgate::rsa {
namespace {

using nlohmann::json;
using Kind = Piece::Kind;

constexpr std::string_view expected_piece =
    "\"{query}\", {\"ids\": [1, 2]}, {\"text\": \"...\"} or {\"each\": [...]}; in an each "
    "\"{candidate}\" and \"{number}\" in place of \"{query}\"";

constexpr std::pair<std::string_view, Kind> placeholders[] = {
    {"{query}", Kind::query}, {"{candidate}", Kind::candidate}, {"{number}", Kind::number}};

struct Parser {
  const std::string& file;
  const Tokenizer* tokenizer;

  [[noreturn]] void refuse(const std::string& where, const std::string& expected,
                           const json& got) const {
    std::string shown = got.dump(-1, ' ', true, json::error_handler_t::replace);
    if (shown.size() > 60) shown = shown.substr(0, 60) + "...";
    throw BadInput(fmt::format("{}: {}: expected {}, got {}", file, where, expected, shown));
  }

  void require_tokenizer(const std::string& where) const {
    if (tokenizer != nullptr) return;
    throw BadInput(fmt::format("{}: {}: text needs a checkpoint with a tokenizer.model; give ids",
                               file, where));
  }

  std::vector<std::int32_t> ids(const json& list, const std::string& where) const {
    std::vector<std::int32_t> ids;
    if (!list.is_array()) refuse(where, "a list of token ids", list);
    for (const json& id : list) {
      if (!id.is_number_unsigned() || id.get<std::uint64_t>() > 0x7FFFFFFF) {
        refuse(where, "token ids", id);
      }
      ids.push_back(id.get<std::int32_t>());
    }
    return ids;
  }

  Piece piece(const json& given, const std::string& where, bool in_each) const {
    Piece made;
    if (given.is_string()) {
      for (const auto& [name, kind] : placeholders) {
        const bool fits = (kind == Kind::query) != in_each;
        if (!fits || given.get<std::string>() != name) continue;
        if (kind == Kind::number) require_tokenizer(where);
        made.kind = kind;
        return made;
      }
    } else if (given.is_object() && given.size() == 1) {
      const std::string key = given.begin().key();
      const json& value = given.begin().value();
      if (key == "ids") {
        made.ids = ids(value, where + ".ids");
        return made;
      }
      if (key == "text" && value.is_string()) {
        require_tokenizer(where);
        made.text = value.get<std::string>();
        made.ids = tokenizer->encode(made.text);
        return made;
      }
      if (key == "each" && !in_each) {
        made.kind = Kind::each;
        made.each = pieces(value, where + ".each", true);
        return made;
      }
    }
    refuse(where, std::string(expected_piece), given);
  }

  Pieces pieces(const json& list, const std::string& where, bool in_each) const {
    if (!list.is_array()) refuse(where, "a list of pieces", list);
    Pieces made;
    for (std::size_t i = 0; i < list.size(); ++i) {
      made.push_back(piece(list[i], fmt::format("{}[{}]", where, i), in_each));
    }
    return made;
  }

  // Query and tails must occur exactly once, as the bound on a prompt's length assumes.
  void require_once(const Pieces& list, const std::string& where, Kind kind,
                    std::string_view what) const {
    const auto count = std::count_if(list.begin(), list.end(),
                                     [&](const Piece& piece) { return piece.kind == kind; });
    if (count == 1) return;
    throw BadInput(
        fmt::format("{}: {}: expected {} exactly once, got it {} times", file, where, what, count));
  }

  Pieces aggregation(const json& list, const std::string& where) const {
    Pieces made = pieces(list, where, false);
    require_once(made, where, Kind::query, "{query}");
    require_once(made, where, Kind::each, "an each");
    for (const Piece& piece : made) {
      if (piece.kind == Kind::each) {
        require_once(piece.each, where + ".each", Kind::candidate, "{candidate}");
      }
    }
    return made;
  }
};

json shown(const Pieces& pieces) {
  json list = json::array();
  for (const Piece& piece : pieces) {
    if (piece.kind == Kind::each) {
      list.push_back({{"each", shown(piece.each)}});
    } else if (piece.kind != Kind::literal) {
      for (const auto& [name, kind] : placeholders) {
        if (kind == piece.kind) list.push_back(name);
      }
    } else if (piece.text.empty()) {
      list.push_back({{"ids", piece.ids}});
    } else {
      list.push_back({{"text", piece.text}});
    }
  }
  return list;
}

// Prints a list with one piece per line.
std::string lines(const Pieces& pieces) {
  std::string text;
  for (const json& piece : shown(pieces)) {
    text += (text.empty() ? "\n    " : ",\n    ") + piece.dump();
  }
  return "[" + text + "\n  ]";
}

}  // namespace

PromptTemplates parse_templates(std::string_view text, const std::string& file,
                                const Tokenizer* tokenizer) {
  const json parsed = reference::parse_json(text, file);
  const Parser parser{file, tokenizer};
  if (!parsed.is_object()) parser.refuse("prompts", "an object", parsed);
  for (const auto& [key, value] : parsed.items()) {
    if (key != "plain" && key != "aggregate" && key != "refine") {
      parser.refuse("prompts", "the keys plain, aggregate and, if wanted, refine", key);
    }
  }
  if (!parsed.contains("plain") || !parsed.contains("aggregate")) {
    parser.refuse("prompts", "the keys plain and aggregate", parsed);
  }
  PromptTemplates made;
  made.plain = parser.pieces(parsed["plain"], "plain", false);
  parser.require_once(made.plain, "plain", Kind::query, "{query}");
  for (const Piece& piece : made.plain) {
    if (piece.kind == Kind::each) parser.refuse("plain", "no each: there are no tails", "each");
  }
  made.aggregate = parser.aggregation(parsed["aggregate"], "aggregate");
  if (parsed.contains("refine")) made.refine = parser.aggregation(parsed["refine"], "refine");
  return made;
}

std::string show_templates(const PromptTemplates& templates) {
  std::string text = fmt::format("{{\n  \"plain\": {},\n  \"aggregate\": {}",
                                 lines(templates.plain), lines(templates.aggregate));
  if (!templates.refine.empty()) text += ",\n  \"refine\": " + lines(templates.refine);
  return text + "\n}\n";
}

}  // namespace kernelgate::rsa
