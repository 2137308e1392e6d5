#include "harness/cli/token_ids.hpp"

#include <fmt/format.h>
#include <libfccp/csv.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

std::int32_t parse_id(std::string_view text, const std::string& where) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0) {
    throw BadInput(fmt::format("{}: expected token ids such as 2,39,76, got '{}'", where, text));
  }
  return id;
}

std::vector<std::int32_t> read_file(const std::string& file) {
  std::vector<std::int32_t> ids;
  try {
    io::CSVReader<1> reader(file);
    reader.read_header(io::ignore_no_column, "id");
    std::string text;
    while (reader.read_row(text)) {
      ids.push_back(parse_id(text, fmt::format("{}:{}", file, reader.get_file_line())));
    }
  } catch (const io::error::base& problem) {
    throw BadInput(fmt::format("{}: {} (expected the column id)", file, problem.what()));
  }
  return ids;
}

}  // namespace

std::vector<std::int32_t> read_token_ids(const std::string& text, const std::string& option) {
  std::vector<std::int32_t> ids;
  if (text.ends_with(".csv")) {
    ids = read_file(text);
  } else {
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      ids.push_back(parse_id(std::string_view(text).substr(from, comma - from), option));
      from = comma + 1;
    }
  }
  if (ids.empty()) {
    throw BadInput(fmt::format("{}: expected at least one token id, got none", text));
  }
  return ids;
}

}  // namespace kernelgate
