#include "harness/report/unsupported_reasons.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "harness/core/counted.hpp"
#include "harness/core/shell.hpp"

namespace kernelgate {
namespace {

bool is_of_name(char c) { return c != '<' && c != '>' && c != ',' && c != ' '; }

bool of_same_variant_and_device(const Record& a, const Record& b) {
  return a.kernel == b.kernel && a.variant == b.variant && a.backend == b.backend &&
         a.device == b.device;
}

}  // namespace

std::string reason_of(const Record& record) {
  const std::string& from = record.message;
  std::string words;
  int depth = 0;  // of angle brackets
  for (std::size_t at = 0; at < from.size();) {
    if (is_of_name(from[at])) {
      std::size_t end = at;
      while (end < from.size() && is_of_name(from[end])) ++end;
      const std::string word = from.substr(at, end - at);
      words += depth > 0 && word == record.dtype ? "TYPE" : word;
      at = end;
      continue;
    }
    depth += from[at] == '<' ? 1 : from[at] == '>' ? -1 : 0;
    words += from[at++];
  }
  return words;
}

void UnsupportedReasons::add(const Record& record) {
  ++rows_;
  std::string words = reason_of(record);
  auto known = std::find_if(reasons_.begin(), reasons_.end(), [&](const Reason& reason) {
    return reason.words == words && of_same_variant_and_device(reason.first, record);
  });
  if (known == reasons_.end()) {
    known = reasons_.insert(known, {.first = record, .words = std::move(words), .types = {}});
  }
  ++known->rows;
  known->types.insert(record.dtype);
}

std::string UnsupportedReasons::describe() const {
  std::string text;
  for (const Reason& reason : reasons_) {
    const Record& first = reason.first;
    text += fmt::format("unsupported  {}/{}{}  {} of {}\n  reason   {}\n", first.kernel,
                        first.variant, first.device.empty() ? "" : "  on " + first.device,
                        counted(reason.rows, "row", "rows"), fmt::join(reason.types, ", "),
                        reason.words);
    const std::string command = repro_command(first);
    if (!command.empty()) text += fmt::format("  rerun    {}\n", on_terminal(command));
  }
  return text;
}

std::string UnsupportedReasons::summary() const {
  if (rows_ == 0) return {};
  return fmt::format("{} unsupported, for {}", counted(rows_, "row is", "rows are"),
                     counted(std::ssize(reasons_), "reason", "reasons"));
}

}  // namespace kernelgate
