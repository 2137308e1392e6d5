// How the time of a case went from run to run, with its change points.
function drawHistory() {
  const { series, change_points: found } = data.history;
  const note = byId("history-note");
  presence("histories", undefined, series.length > 0);
  if (series.length === 0) {
    note.textContent = "No history: no case of these records is timed in two runs.";
    return;
  }
  const changed = series.filter((s) => s.changes.length > 0).length;
  note.append(`${plural(series.length, "case", "cases")} timed in two or more runs; ` + (found
    ? `${changed} of them with a change of level. ` : "change points were not looked for. "),
  kindElement("measured"));
  const key = (s) => [s.id, s.cache, s.tier].filter(Boolean).join(" · ");
  const last = (s) => s.points[s.points.length - 1].seconds;
  const ratio = (s) => last(s) / s.points[0].seconds;
  const columns = [
    column("id", "case", (s) => axesText(key(s)), key),
    numeric("runs", "runs", (s) => wholeText(s.points.length), (s) => s.points.length),
    numeric("first", "first", (s) => timeText(s.points[0].seconds), (s) => s.points[0].seconds),
    numeric("last", "last", (s) => timeText(last(s)), last),
    numeric("ratio", "last to first", (s) => ratioText(ratio(s)), ratio),
    numeric("changes", "changes", (s) => (s.changes.length ? s.changes.map((c) =>
      `${ratioText(c.after / c.before)} from ${s.points[c.first].commit || s.points[c.first].time}`).join("; ")
      : found ? "none" : ""), (s) => s.changes.length),
    column("show", "chart", (s) => make("button", { type: "button", "aria-label": `Chart of ${key(s)}`,
      onclick: () => { remember("history.case", key(s), "history"); update(); } }, "Show"), undefined),
  ];
  const table = longTable(byId("histories"), byId("histories-more"), columns, "Histories, changes first",
    { place: "history", section: "history", step: 25,
      mark: (s) => (recall("history.case") === key(s) ? "chosen" : undefined) });
  const ordered = [...series].sort((a, b) => b.changes.length - a.changes.length);
  const update = () => {
    table(ordered.filter(filters.matches));
    if (haveCharts) show();
  };
  const filters = makeFilters(byId("history-filters"), "history", "history", [["tier", "device"],
    ["cache", "cache"]], series, key, () => update());
  function show() {
    const one = series.find((s) => key(s) === recall("history.case")) || ordered[0];
    byId("history-figure").hidden = false;
    byId("history-case").textContent = key(one);
    const levels = [0, ...one.changes.map((c) => c.first), one.points.length];
    const unit = one.points.every((p) => p.seconds < 1e-3) ? [1e-6, "µs"] : one.points.every((p) => p.seconds < 1)
      ? [1e-3, "ms"] : [1, "s"];
    const steps = levels.slice(0, -1).map((from, i) => {
      const change = one.changes[i - 1] || one.changes[0];
      const level = !change ? undefined : i === 0 ? change.before : change.after;
      return { type: "line", label: "level", pointRadius: 0, borderWidth: 2, borderDash: [5, 4],
        borderColor: colour("--c2"), data: level === undefined ? []
          : one.points.map((_, at) => (at >= from && at < levels[i + 1] ? level / unit[0] : null)) };
    });
    draw("history-chart", { type: "line", data: {
      labels: one.points.map((p) => [p.time.slice(0, 10), p.commit || ""]),
      datasets: [{ label: "median of a run", data: one.points.map((p) => p.seconds / unit[0]),
        borderColor: colour("--c1"), backgroundColor: colour("--c1"), borderWidth: 1, pointRadius: 4 }, ...steps] },
    options: { ...steady, scales: { y: axis(unit[1], { beginAtZero: true }), x: axis("run", { ticks: {
      maxRotation: 60 } }) },
    plugins: { legend: { display: false } } } },
    `Times of ${key(one)} over ${plural(one.points.length, "run", "runs")}, ` +
    `${plural(one.changes.length, "change", "changes")} of level; the table below lists the first and the last.`);
  }
  filters.start();
  chartPart(show);
}
