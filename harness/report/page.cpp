#include "harness/report/page.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "harness/records/columns.hpp"
#include "harness/report/assets.hpp"
#include "harness/report/file.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

using nlohmann::json;

bool is_environment(const Column& column) {
  // The environment's columns come last, from the processor on.
  const auto* first = std::find_if(record_columns.begin(), record_columns.end(),
                                   [](const Column& c) { return c.name == "cpu"; });
  return &column >= first;
}

// Numbers as numbers, absent fields absent; what JSON has no number for stays a text ("inf").
void put(json& object, const Column& column, const Record& record) {
  const std::string text = column.print(record);
  if (text.empty()) return;
  const std::string key(column.name);
  const bool numeric = column.type == FieldType::whole || column.type == FieldType::number;
  if (numeric && !column.name.ends_with("seed")) {  // 64-bit seeds do not fit a script's numbers
    double value = 0;
    if (!field::parse(value, text) && std::isfinite(value)) {
      object[key] = json::parse(text);
      return;
    }
  }
  object[key] = text;
}

json data_of(const std::vector<Record>& records, const PageText& text) {
  json data = {{"title", text.title},
               {"subtitle", text.subtitle},
               {"command", text.command},
               {"rows", json::array()},
               {"environments", json::array()}};
  std::vector<const Environment*> seen;
  for (const Record& record : records) {
    json row = json::object();
    for (const Column& column : record_columns) {
      if (!is_environment(column)) put(row, column, record);
    }
    auto found = std::find_if(seen.begin(), seen.end(),
                              [&](const Environment* e) { return *e == record.environment; });
    if (found == seen.end()) {
      json environment = json::object();
      for (const Column& column : record_columns) {
        if (is_environment(column)) put(environment, column, record);
      }
      data["environments"].push_back(std::move(environment));
      found = seen.insert(seen.end(), &record.environment);
    }
    row["environment"] = found - seen.begin();
    row["again"] = text.again(record);
    data["rows"].push_back(std::move(row));
  }
  return data;
}

// Inside a script element only "<" could end it; the others are for other parsers' sake.
std::string json_for_script(const json& data) {
  const std::string plain = data.dump(-1, ' ', true, json::error_handler_t::replace);
  std::string out;
  out.reserve(plain.size());
  for (const char c : plain) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// One pass over the template: what is put in is not searched again.
std::string filled(std::string_view html,
                   const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string out;
  while (true) {
    const std::size_t open = html.find("{{");
    out += html.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = html.find("}}", open);
    const std::string_view key = html.substr(open + 2, close - open - 2);
    const auto part =
        std::find_if(parts.begin(), parts.end(), [&](const auto& p) { return p.first == key; });
    if (part != parts.end()) out += part->second;
    html.remove_prefix(close + 2);
  }
}

}  // namespace

bool page_has_charts() { return !page_assets::chart_js.empty(); }

std::string page_html(const std::vector<Record>& records, const PageText& text) {
  namespace assets = page_assets;
  const std::string chart = page_has_charts() ? "/*\n" + std::string(assets::chart_licence) +
                                                    "*/\n" + std::string(assets::chart_js)
                                              : std::string("/* built without Chart.js */");
  std::string script;
  for (const std::string_view part :
       {assets::format_js, assets::tables_js, assets::charts_js, assets::main_js}) {
    script += part;
  }
  return filled(assets::html, {{"title", xml_escaped(text.title)},
                               {"style", std::string(assets::style)},
                               {"data", json_for_script(data_of(records, text))},
                               {"chart", chart},
                               {"script", script}});
}

void write_page(const std::filesystem::path& file, const std::vector<Record>& records,
                const PageText& text) {
  write_whole_file(file, page_html(records, text));
}

}  // namespace kernelgate
