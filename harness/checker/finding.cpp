#include "harness/checker/finding.hpp"

#include <fmt/format.h>

#include <utility>

namespace kernelgate {

namespace {

std::string words(const Party& party, const PlaceNames& names) {
  const ThreadId& t = party.thread;
  std::string out = party.several
                        ? fmt::format("{} by several threads of block {}", party.act, t.block)
                        : fmt::format("{} by block {} thread {} (wave {} lane {})", party.act,
                                      t.block, t.thread, t.wave, t.lane);
  const std::string where =
      party.where.empty() && party.place != no_place ? names(party.place) : party.where;
  if (!where.empty()) out += ", " + where;
  return out;
}

}  // namespace

std::string_view name(FindingKind kind) {
  constexpr std::string_view names[] = {"race",    "scope", "init", "bounds", "align",
                                        "private", "sync",  "ub",   "loop"};
  return names[static_cast<int>(kind)];
}

void Findings::add(FindingKind kind, Place got, Place against, const Make& make) {
  const auto [entry, fresh] = at_.try_emplace({kind, got, against}, list_.size());
  if (fresh) {
    list_.push_back(make());
  } else {
    ++list_[entry->second].count;
  }
}

void Findings::add(Finding finding) {
  for (Finding& known : list_) {
    if (known.kind == finding.kind && known.what == finding.what &&
        known.got.where == finding.got.where) {
      ++known.count;
      return;
    }
  }
  list_.push_back(std::move(finding));
}

void Findings::clear() {
  list_.clear();
  at_.clear();
}

std::string text(const Finding& finding, const PlaceNames& names) {
  std::string out = fmt::format("  {:<8} {}", name(finding.kind), finding.what);
  if (finding.count > 1) out += fmt::format(", {} times", finding.count);
  if (!finding.got.act.empty()) out += "\n  got      " + words(finding.got, names);
  if (finding.against) out += "\n  against  " + words(*finding.against, names);
  if (!finding.relation.empty()) {
    out += (finding.against ? ", " : "\n  against  ") + finding.relation;
  }
  return out;
}

}  // namespace kernelgate
