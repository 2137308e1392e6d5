#include "harness/report/page_check.hpp"

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/report/page_data.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

using nlohmann::json;

json data_in(std::string_view page, const std::string& file) {
  constexpr std::string_view open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t start = page.find(open);
  if (start == std::string_view::npos) {
    throw BadInput(fmt::format("{}: expected a page of kernelgate: it has no data", file));
  }
  const std::size_t from = start + open.size();
  const std::size_t end = page.find("</script>", from);
  if (end == std::string_view::npos) throw BadInput(fmt::format("{}: its data has no end", file));
  json data = json::parse(page.substr(from, end - from), nullptr, false);
  if (data.is_discarded() || !data.is_object()) {
    throw BadInput(fmt::format("{}: its data is not a JSON object", file));
  }
  return data;
}

std::string text_at(const json& data, const char* key, const std::string& file) {
  const auto found = data.find(key);
  if (found == data.end() || !found->is_string()) {
    throw BadInput(fmt::format("{}: data: '{}': expected a text", file, key));
  }
  return found->get<std::string>();
}

std::vector<std::string> texts_at(const json& data, const char* key, const std::string& file) {
  const auto found = data.find(key);
  std::vector<std::string> texts;
  if (found != data.end() && found->is_array()) {
    for (const json& text : *found) {
      if (text.is_string()) texts.push_back(text.get<std::string>());
    }
    if (texts.size() == found->size()) return texts;
  }
  throw BadInput(fmt::format("{}: data: '{}': expected a list of texts", file, key));
}

StatedPage stated_in(const json& data, const std::string& file) {
  return {text_at(data, "title", file), text_at(data, "subtitle", file),
          text_at(data, "command", file), texts_at(data, "left_out", file),
          texts_at(data, "runs", file)};
}

std::string printed(const json* value) {
  if (value == nullptr) return "nothing";
  return shortened(value->dump(-1, ' ', true, json::error_handler_t::replace), 80);
}

/// Compares two values recursively and keeps the first differences.
class Differences {
 public:
  Differences(std::string file, std::size_t most) : file_(std::move(file)), most_(most) {}

  void compare(const json* got, const json* expected, const std::string& path) {
    if (lines_.size() >= most_) return;
    if (got != nullptr && expected != nullptr && *got == *expected) return;
    const bool both = got != nullptr && expected != nullptr;
    if (both && got->is_object() && expected->is_object()) return objects(*got, *expected, path);
    if (both && got->is_array() && expected->is_array()) return arrays(*got, *expected, path);
    lines_.push_back(
        fmt::format("{}: {}: got {}, expected {}", file_, path, printed(got), printed(expected)));
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  void objects(const json& got, const json& expected, const std::string& path) {
    for (const auto& [key, value] : expected.items()) {
      const auto other = got.find(key);
      compare(other == got.end() ? nullptr : &*other, &value, path + "." + key);
    }
    for (const auto& [key, value] : got.items()) {
      if (!expected.contains(key)) compare(&value, nullptr, path + "." + key);
    }
  }
  void arrays(const json& got, const json& expected, const std::string& path) {
    for (std::size_t i = 0; i < std::max(got.size(), expected.size()); ++i) {
      compare(i < got.size() ? &got[i] : nullptr, i < expected.size() ? &expected[i] : nullptr,
              fmt::format("{}[{}]", path, i));
    }
  }

  std::string file_;
  std::size_t most_;
  std::vector<std::string> lines_;
};

}  // namespace

StatedPage stated_page(std::string_view page, const std::string& file) {
  return stated_in(data_in(page, file), file);
}

std::vector<std::string> page_faults(std::string_view page, const std::vector<Record>& records,
                                     PageText text, const std::string& file, std::size_t most) {
  const json got = data_in(page, file);
  const StatedPage stated = stated_in(got, file);
  text.title = stated.title;
  text.subtitle = stated.subtitle;
  text.command = stated.command;
  text.left_out = stated.left_out;
  const std::string expected = page_html(records, text);
  if (page == expected) return {};
  Differences differences(file, most);
  const json wanted = data_in(expected, file);  // as embedded in a page
  differences.compare(&got, &wanted, "data");
  std::vector<std::string> lines = differences.take();
  if (lines.empty()) {
    lines.push_back(
        fmt::format("{}: its numbers match the records, but its template, style or scripts differ "
                    "from this build's",
                    file));
  }
  return lines;
}

}  // namespace kernelgate
