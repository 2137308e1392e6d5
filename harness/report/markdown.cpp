#include "harness/report/markdown.hpp"

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/text_parts.hpp"

namespace kernelgate::markdown {
namespace {

Row split(std::string_view text) {
  Row cells;
  std::string cell;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '|') {
      cell += text[++at];
    } else if (text[at] == '|') {
      cells.emplace_back(trimmed(cell));
      cell.clear();
    } else {
      cell += text[at];
    }
  }
  return cells;
}

}  // namespace

std::string line(const Row& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) {
    text += ' ';
    for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c);
    text += " |";
  }
  return text + "\n";
}

std::string head(const Row& cells) {
  std::string rule = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) rule += " --- |";
  return line(cells) + rule + "\n";
}

std::string_view part_between(std::string_view page, Markers markers, const std::string& file) {
  const std::size_t begin = page.find(markers.begin);
  const std::size_t end = page.find(markers.end);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    throw BadInput(fmt::format("{}: expected a line '{}' and below it one '{}'", file,
                               markers.begin.substr(0, markers.begin.size() - 1),
                               markers.end.substr(0, markers.end.size() - 1)));
  }
  const std::size_t first = begin + markers.begin.size();
  return page.substr(first, end - first);
}

std::string with_part(std::string_view page, Markers markers, std::string_view part,
                      const std::string& file) {
  const std::string_view old = part_between(page, markers, file);
  std::string text(page.substr(0, static_cast<std::size_t>(old.data() - page.data())));
  text += part;
  text.append(old.data() + old.size(), page.data() + page.size());
  return text;
}

std::vector<std::vector<Row>> tables(std::string_view page) {
  std::vector<std::vector<Row>> found;
  bool inside = false;
  while (!page.empty()) {
    const std::string_view text = take_line(page);
    if (!text.starts_with("|")) {
      inside = false;
      continue;
    }
    if (!inside) found.emplace_back();
    inside = true;
    if (!text.starts_with("| ---")) found.back().push_back(split(text));
  }
  return found;
}

}  // namespace kernelgate::markdown
