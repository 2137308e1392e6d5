#include "harness/model/token_ids.hpp"

#include <fmt/format.h>
#include <libfccp/csv.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "harness/core/error.hpp"
#include "harness/core/text_file.hpp"

namespace kernelgate {
namespace {

constexpr std::string_view blank = " \t\r\n";

/// Returns the source of a byte of the text, for messages: an option, or a file and its line.
using Where = std::function<std::string(std::size_t)>;

[[noreturn]] void refuse(const std::string& where, std::string_view got) {
  throw BadInput(
      fmt::format("{}: expected token ids such as 2,39,76, got '{}'", where, got.substr(0, 80)));
}

std::int32_t parse_id(std::string_view text, const std::string& where) {
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0) refuse(where, text);
  return id;
}

/// Parses a list such as "2,39,76".
class ListReader {
 public:
  ListReader(std::string_view text, const Where& where) : text_(text), where_(where) {}

  std::vector<std::int32_t> read() {
    skip_blanks();
    // "[2,39]", or "[[2,39]]" as tokenizers return for a batch of one text.
    int brackets = 0;
    while (brackets < 2 && take('[')) ++brackets;
    std::vector<std::int32_t> ids;
    while (!at_end() && !(brackets > 0 && text_[at_] == ']')) {
      const std::size_t end = std::min(text_.find_first_of(" \t\r\n,[]", at_), text_.size());
      ids.push_back(parse_id(text_.substr(at_, end - at_), where_(at_)));
      at_ = end;
      skip_blanks();
      // A list that ends with a comma may be truncated.
      if (take(',') && (at_end() || text_[at_] == ']')) {
        throw BadInput(where_(text_.size() - 1) + ": expected an id after the last comma");
      }
    }
    for (; brackets > 0; --brackets) {
      if (take(']')) continue;
      throw BadInput(where_(text_.size() - 1) + ": expected ']' at the end of the token ids");
    }
    if (!at_end()) refuse(where_(at_), text_.substr(at_));
    return ids;
  }

 private:
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(blank, at_), text_.size()); }
  bool at_end() const { return at_ == text_.size(); }
  /// Reads `c` and the blanks after it.
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    skip_blanks();
    return true;
  }

  std::string_view text_;
  const Where& where_;
  std::size_t at_ = 0;
};

// Whether the text is a table: a list begins with a number or a bracket, a table with a name.
bool has_column_names(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blank);
  return first != std::string_view::npos &&
         std::string_view("0123456789-,[]").find(text[first]) == std::string_view::npos;
}

std::vector<std::int32_t> read_table(std::string_view text, const std::string& file) {
  std::vector<std::int32_t> ids;
  try {
    io::CSVReader<1, io::trim_chars<' ', '\t', '\r'>, io::double_quote_escape<',', '"'>,
                  io::throw_on_overflow, io::empty_line_comment>
        reader(file, text.data(), text.data() + text.size());
    reader.read_header(io::ignore_extra_column, "id");
    std::string id;
    while (reader.read_row(id)) {
      ids.push_back(parse_id(id, fmt::format("{}:{}", file, reader.get_file_line())));
    }
  } catch (const io::error::base& problem) {
    throw BadInput(fmt::format("{}: {} (expected the column id, or a plain list of token ids)",
                               file, problem.what()));
  }
  return ids;
}

bool is_list(std::string_view text) {
  return text.find_first_not_of("0123456789-,[] \t\r\n") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

/// Whether a text that is not the name of a file was meant as a list, like "2,x,76" but not
/// "ids.csv".
bool looks_like_list(std::string_view text) {
  return text.find_first_of("./") == std::string_view::npos &&
         (text.empty() || text.find_first_of(",[]") != std::string_view::npos);
}

}  // namespace

std::vector<std::int32_t> parse_token_ids(std::string_view text, const std::string& file) {
  text = without_byte_order_mark(text);
  std::vector<std::int32_t> ids;
  if (has_column_names(text)) {
    ids = read_table(text, file);
  } else {
    const Where where = [&](std::size_t at) {
      const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
      return fmt::format("{}:{}", file, 1 + std::count(text.begin(), end, '\n'));
    };
    ids = ListReader(text, where).read();
  }
  if (ids.empty())
    throw BadInput(fmt::format("{}: expected at least one token id, got none", file));
  return ids;
}

std::vector<std::int32_t> read_token_ids(const std::string& text, const std::string& option) {
  std::error_code error;
  const bool there = !is_list(text) && !text.empty() && std::filesystem::exists(text, error);
  if (there) {
    try {
      return parse_token_ids(read_text_file(text, FileKind::table), text);
    } catch (const BadInput& problem) {
      throw BadInput(fmt::format("{} {}", option, problem.what()));
    }
  }
  if (!is_list(text) && !looks_like_list(text)) {
    throw BadInput(fmt::format(
        "{}: expected token ids such as 2,39,76, or the name of a file, got '{}': no such file",
        option, text.substr(0, 200)));
  }
  const std::vector<std::int32_t> ids =
      ListReader(text, [&](std::size_t) { return option; }).read();
  if (ids.empty()) refuse(option, text);
  return ids;
}

}  // namespace kernelgate
