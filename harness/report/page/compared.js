// Two builds timed against each other in one job (kernelgate compare): the verdict of each case.
const compared = rows.filter((r) => r.row === "compare");
const verdictMarks = { slower: ["✗", "bad"], invalid: ["✗", "bad"], not_timed: ["✗", "bad"],
  cannot_tell: ["?", "muted"], same: ["✓", "good"], same_code: ["✓", "good"], faster: ["✓", "good"] };
const verdictOrder = Object.keys(verdictMarks);
const verdictRank = (r) => verdictOrder.indexOf(r.verdict);

function verdictElement(row) {
  const [mark, kind] = verdictMarks[row.verdict] || ["?", "muted"];
  return make("span", { class: `status ${kind}`, title: row.message },
    make("span", { "aria-hidden": "true" }, `${mark} `), row.verdict.replace("_", " "));
}

// A ratio to the baseline as percent more (slower) or less time.
const morePercent = (ratio) => (ratio === undefined ? "" : `${ratio < 1 ? "−" : "+"}` +
  `${Math.abs(100 * (ratio - 1)).toFixed(1)} %`);
const comparedColumns = [
  column("verdict", "verdict", verdictElement, verdictRank),
  column("id", "case", (r) => axesText(caseId(r)), caseId),
  numeric("effect", "time, against the baseline", (r) => morePercent(r.ratio_to_baseline),
    (r) => r.ratio_to_baseline ?? -1),
  numeric("interval", "99 % interval", (r) => (r.ratio_low === undefined ? ""
    : `${morePercent(r.ratio_low)} to ${morePercent(r.ratio_high)}`), (r) => r.ratio_low ?? -1),
  numeric("rounds", "rounds", (r) => wholeText(r.round), (r) => r.round ?? -1),
  numeric("chance", "chance", (r) => numberText(r.chance), (r) => r.chance ?? -1),
  numeric("sees", "sees", (r) => morePercent(r.smallest_visible_ratio), (r) => r.smallest_visible_ratio ?? -1),
  numeric("time", "time", (r) => timeText(r.time_median_seconds), (r) => r.time_median_seconds ?? -1),
  numeric("disturbed", "disturbed", disturbedText, (r) => r.disturbed_samples ?? -1),
  column("tier", "device", (r) => r.tier, (r) => r.tier),
  column("baseline", "baseline", (r) => r.baseline || "", (r) => r.baseline || ""),
  column("commit", "candidate", (r) => data.environments[r.environment].commit || "",
    (r) => data.environments[r.environment].commit || ""),
];

function drawCompared() {
  presence("compareds", "compareds-none", compared.length > 0);
  byId("compared-note").hidden = compared.length === 0;
  if (compared.length === 0) return;
  const table = longTable(byId("compareds"), byId("compareds-more"), comparedColumns,
    "Comparisons, slower first", { place: "compared", section: "compared", step: 50 });
  const ordered = [...compared].sort((a, b) => verdictRank(a) - verdictRank(b) ||
    compareValues(a.chance ?? 1, b.chance ?? 1));
  const update = () => {
    const list = ordered.filter(filters.matches);
    byId("compared-count").textContent = `${list.length} of ${plural(compared.length, "comparison", "comparisons")}`;
    table(list);
  };
  const filters = makeFilters(byId("compared-filters"), "compared", "compared", [["verdict", "verdict"],
    ["kernel", "kernel"], ["tier", "device"]], compared, caseId, () => update());
  filters.start();
}
