#include "harness/run/counters_table.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace kernelgate {

namespace {

constexpr const char* explained =
    "counters, modelled by the source executor from the profile's banks and sectors: "
    "hints, since "
    "a\n"
    "device's compiler joins and splits accesses. least: what the same bytes could take. Atomics "
    "are\n"
    "not counted.\n";

nlohmann::json json_of(const Cost& cost) { return {cost.made, cost.least}; }
Cost cost_from(const nlohmann::json& json) {
  return {json.at(0).get<std::uint64_t>(), json.at(1).get<std::uint64_t>()};
}

}  // namespace

nlohmann::json to_json(const std::vector<LaunchCounters>& all) {
  nlohmann::json list = nlohmann::json::array();
  for (const LaunchCounters& c : all) {
    nlohmann::json places = nlohmann::json::array();
    for (const CostlyPlace& p : c.places) {
      places.push_back({p.where, p.writes, p.shared, p.accesses, json_of(p.cost)});
    }
    list.push_back({c.kernel, c.launches, c.waves, c.all_waves, c.shared_accesses,
                    c.global_accesses, c.left_out, json_of(c.cycles), json_of(c.sectors),
                    std::move(places)});
  }
  return list;
}

std::vector<LaunchCounters> counters_from(const nlohmann::json& json) {
  std::vector<LaunchCounters> all;
  for (const nlohmann::json& c : json) {
    LaunchCounters counters;
    counters.kernel = c.at(0).get<std::string>();
    std::uint64_t* const numbers[] = {&counters.launches,        &counters.waves,
                                      &counters.all_waves,       &counters.shared_accesses,
                                      &counters.global_accesses, &counters.left_out};
    std::size_t at = 1;
    for (std::uint64_t* number : numbers) *number = c.at(at++).get<std::uint64_t>();
    counters.cycles = cost_from(c.at(at++));
    counters.sectors = cost_from(c.at(at++));
    for (const nlohmann::json& p : c.at(at)) {
      counters.places.push_back({p.at(0).get<std::string>(), p.at(1).get<bool>(),
                                 p.at(2).get<bool>(), p.at(3).get<std::uint64_t>(),
                                 cost_from(p.at(4))});
    }
    all.push_back(std::move(counters));
  }
  return all;
}

void CountersTable::add(const Record& record, const std::vector<LaunchCounters>& counters) {
  const std::string subject =
      fmt::format("{}  on {} ({})", record.id(), record.device, name(record.backend));
  if (counters.empty() || !known_.insert(subject).second) return;
  lines_ += subject + "\n" + counters_header();
  for (const LaunchCounters& launch : counters) lines_ += kernelgate::lines(launch);
}

std::string CountersTable::text() const {
  return lines_.empty() ? std::string() : explained + lines_;
}

}  // namespace kernelgate
