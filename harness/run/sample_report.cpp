#include "harness/run/sample_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/core/text_parts.hpp"

namespace kernelgate {
namespace {

using Json = nlohmann::json;
constexpr std::string_view mark = "kernelgate-sample ";

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <class T>
void take(const Json& json, const char* key, std::optional<T>& value) {
  const auto at = json.find(key);
  if (at != json.end() && !at->is_null()) value = at->get<T>();
}

Status parse_status(const std::string& text) {
  for (int i = 0; i <= static_cast<int>(Status::timed_out); ++i) {
    if (name(static_cast<Status>(i)) == text) return static_cast<Status>(i);
  }
  throw std::invalid_argument("status '" + text + "'");
}

SampleReport report_of(const Json& json) {
  SampleReport r;
  r.status = parse_status(json.at("status").get<std::string>());
  r.message = json.value("message", "");
  r.device = json.value("device", "");
  r.seconds = json.value("seconds", std::vector<double>{});
  for (const double s : r.seconds) {
    if (!(s > 0) || !std::isfinite(s))
      throw std::invalid_argument(fmt::format("a time of {} s", s));
  }
  if (const auto at = json.find("marked"); at != json.end() && !at->is_null()) {
    r.marked = at->get<std::vector<std::int64_t>>();
  }
  for (const std::int64_t i : r.marked) {
    if (i < 0 || i >= static_cast<std::int64_t>(r.seconds.size())) {
      throw std::invalid_argument(fmt::format("sample {} of {}", i, r.seconds.size()));
    }
  }
  if (std::adjacent_find(r.marked.begin(), r.marked.end(), std::greater_equal<>()) !=
      r.marked.end()) {
    throw std::invalid_argument("disturbed samples that are not ascending");
  }
  r.marks_shown = json.value("waiting_watched", false);
  if (!r.marks_shown) r.marked.clear();  // these marks cover throttling only: not comparable
  take(json, "clock_hz", r.clock_hz);
  take(json, "instructions", r.instructions);
  take(json, "cycles", r.cycles);
  take(json, "bytes", r.bytes);
  take(json, "flops", r.flops);
  take(json, "read_bandwidth", r.read_bandwidth);
  take(json, "peak_flops", r.peak_flops);
  r.commit = json.value("commit", "");
  r.compiler = json.value("compiler", "");
  r.flags = json.value("flags", "");
  r.threads = json.value("threads", std::int64_t{0});
  return r;
}

}  // namespace

std::string sample_line(const SampleReport& r) {
  const Json json{{"status", std::string(name(r.status))},
                  {"message", r.message},
                  {"device", r.device},
                  {"seconds", r.seconds},
                  {"marked", r.marked},
                  {"waiting_watched", r.marks_shown},
                  {"clock_hz", or_null(r.clock_hz)},
                  {"instructions", or_null(r.instructions)},
                  {"cycles", or_null(r.cycles)},
                  {"bytes", or_null(r.bytes)},
                  {"flops", or_null(r.flops)},
                  {"read_bandwidth", or_null(r.read_bandwidth)},
                  {"peak_flops", or_null(r.peak_flops)},
                  {"commit", r.commit},
                  {"compiler", r.compiler},
                  {"flags", r.flags},
                  {"threads", r.threads}};
  return std::string(mark) + json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool has_sample_line(std::string_view output) {
  return output.find(mark) != std::string_view::npos;
}

SampleReport read_sample_line(std::string_view output, const std::string& program) {
  const std::size_t at = output.rfind(mark);
  if (at == std::string_view::npos) {
    throw BadInput(fmt::format(
        "{}: expected a line '{}…' from its command sample, got none: not a kernelgate, or one "
        "from before comparisons",
        program, mark));
  }
  const std::string_view text = first_line(output.substr(at + mark.size()));
  try {
    return report_of(Json::parse(text));
  } catch (const std::exception& error) {
    throw BadInput(fmt::format("{}: its command sample printed an invalid report: {} in '{}'",
                               program, error.what(), text.substr(0, 200)));
  }
}

}  // namespace kernelgate
