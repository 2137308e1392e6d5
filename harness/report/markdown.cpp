#include "harness/report/markdown.hpp"

#include <algorithm>

namespace kernelgate::markdown {
namespace {

std::string trimmed(const std::string& cell) {
  const std::size_t first = cell.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return cell.substr(first, cell.find_last_not_of(' ') - first + 1);
}

Row split(std::string_view text) {
  Row cells;
  std::string cell;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '|') {
      cell += text[++at];
    } else if (text[at] == '|') {
      cells.push_back(trimmed(cell));
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

std::vector<std::vector<Row>> tables(std::string_view page) {
  std::vector<std::vector<Row>> found;
  bool inside = false;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    const std::string_view text = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
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
