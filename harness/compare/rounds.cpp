#include "harness/compare/rounds.hpp"

#include <algorithm>
#include <cmath>

#include "harness/compare/sides.hpp"

namespace kernelgate {
namespace {

std::optional<SideName> side_of(const Record& row) {
  for (const SideName side : {SideName::baseline, SideName::candidate, SideName::again}) {
    if (row.side == name(side)) return side;
  }
  return std::nullopt;
}

}  // namespace

void CompareRounds::resume(const std::vector<Record>& rows, const CompareSetup& setup,
                           const CompareTarget& target, const std::array<std::string, 2>& code) {
  std::map<std::int64_t, std::array<const Record*, 3>> found;
  for (const Record& row : rows) {
    const std::optional<SideName> side = side_of(row);
    if (row.row != RowKind::round || !side || !row.round || row.id() != target.id()) continue;
    const bool same = row.status == Status::passed && row.order_seed == setup.order_seed &&
                      row.seed == setup.seed && row.cache == setup.cache &&
                      row.samples == setup.samples && row.backend == target.backend &&
                      row.code == code[*side == SideName::candidate ? 1 : 0];
    if (same) found[*row.round][index(*side)] = &row;  // the last row of a repeated round
  }
  for (std::int64_t round = count() + 1; found.contains(round); ++round) {
    std::vector<Record> whole;
    for (std::size_t side = 0; side < static_cast<std::size_t>(sides_); ++side) {
      const Record* row = found[round][side];
      if (row != nullptr && row->run_id == found[round][0]->run_id) whole.push_back(*row);
      if (found[round][0] == nullptr) break;
    }
    if (whole.size() != static_cast<std::size_t>(sides_)) return;
    add(whole);
  }
}

void CompareRounds::add(const std::vector<Record>& rows) {
  std::array<Numbers, 3> round;
  bool disturbed = false;
  // Disturbed samples are left out only if all sides report them. An old build that cannot report
  // them would keep its disturbed samples while the other side loses them.
  const bool watched = std::all_of(rows.begin(), rows.end(), [](const Record& row) {
    return row.disturbed_samples.has_value();
  });
  const Marked marked = watched ? Marked::left_out : Marked::count;
  for (std::size_t side = 0; side < rows.size(); ++side) {
    const Record& row = rows[side];
    round[side] = {compare::statistic_of(samples_of(row, marked), statistic_), row.cycles};
    commits_[side] = row.environment.commit;
    if (watched) disturbed_samples_.add(row.samples.value_or(0), row.disturbed_samples);
    disturbed = disturbed || (row.disturbed_samples && row.disturbed_samples == row.samples);
  }
  numbers_.push_back(round);
  disturbed_rounds_ += disturbed;
}

std::vector<double> CompareRounds::differences(SideName side) const {
  std::vector<double> list;
  list.reserve(numbers_.size());
  for (const auto& round : numbers_) {
    list.push_back(std::log(round[index(side)].seconds / round[0].seconds));
  }
  return list;
}

std::optional<std::vector<double>> CompareRounds::cycle_differences(SideName side) const {
  std::vector<double> list;
  for (const auto& round : numbers_) {
    const auto& mine = round[index(side)].cycles;
    const auto& base = round[0].cycles;
    if (!mine || !base || !(*mine > 0) || !(*base > 0)) return std::nullopt;
    list.push_back(std::log(*mine / *base));
  }
  return list;
}

std::vector<double> CompareRounds::numbers(SideName side) const {
  std::vector<double> list;
  list.reserve(numbers_.size());
  for (const auto& round : numbers_) list.push_back(round[index(side)].seconds);
  return list;
}

}  // namespace kernelgate
