#include "harness/report/page.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "harness/core/output_file.hpp"
#include "harness/report/assets.hpp"
#include "harness/report/page_data.hpp"
#include "harness/report/text.hpp"
#include "harness/report/tier.hpp"

namespace kernelgate {
namespace {

// Only "<" could end a script element; the other characters are escaped for other parsers.
std::string json_for_script(const nlohmann::json& data) {
  const std::string plain = data.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
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

// Replaces in one pass, so that inserted text is not searched again.
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
  return filled(assets::html, {{"title", xml_escaped(text.title)},
                               {"style", std::string(assets::style)},
                               {"data", json_for_script(page_data(records, text))},
                               {"chart", chart},
                               {"script", std::string(assets::script)}});
}

void write_page(const std::filesystem::path& file, const std::vector<Record>& records,
                const PageText& text) {
  write_whole_file(file, page_html(records, text));
}

std::vector<Record> latest_rows(std::span<const Record> records) {
  using Key = std::tuple<RowKind, std::string, Backend, std::optional<DataMode>,
                         std::optional<std::uint64_t>, Tier, std::optional<std::uint64_t>,
                         std::optional<CacheMode>, std::string, std::string>;
  std::map<Key, std::size_t> latest;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& r = records[i];
    if (r.row == RowKind::round) continue;
    // A case can be compared with several baselines, but is timed beside the first only.
    const std::string baseline = r.row == RowKind::compare ? r.baseline : "";
    std::size_t& at = latest
                          .try_emplace({r.row, r.id(), r.backend, r.data, r.seed, tier_of(r),
                                        r.schedule_seed, r.cache, r.environment.host, baseline},
                                       i)
                          .first->second;
    if (records[at].time_utc <= r.time_utc) at = i;
  }
  std::set<std::size_t> kept;
  for (const auto& [key, at] : latest) kept.insert(at);
  std::vector<Record> rows;
  rows.reserve(kept.size());
  for (const std::size_t at : kept) rows.push_back(records[at]);
  return rows;
}

}  // namespace kernelgate
