// Timed cases: table, roofline, percentage of the roofline, time against the baseline.
const mostBars = 40;
const kernelNames = [...new Set(benches.map((r) => r.kernel))].sort();
const kernelColour = (kernel) => colour(nth(kernelColours, kernelNames.indexOf(kernel)));

const benchColumns = [
  column("kernel", "kernel", (r) => r.kernel, (r) => r.kernel),
  column("variant", "variant", variantText, variantText),
  column("case", "case", axesElement, (r) => r.axes),
  column("cache", "cache", (r) => r.cache || "", (r) => r.cache || ""),
  numeric("time", "time", (r) => (r.time_median_seconds === undefined
    ? statusElement(r.status) : timeText(r.time_median_seconds) +
      (r.spread_percent === undefined ? "" : ` ±${r.spread_percent.toFixed(1)} %`)),
    (r) => r.time_median_seconds ?? Infinity),
  numeric("bandwidth", "GB/s", (r) => giga(perSecond(r.bytes, r)), (r) => perSecond(r.bytes, r) ?? -1),
  numeric("rate", "GFLOP/s", (r) => giga(perSecond(r.flops, r)), (r) => perSecond(r.flops, r) ?? -1),
  numeric("floor", "% of roofline",
    (r) => (r.percent_of_roofline === undefined ? "" : r.percent_of_roofline.toFixed(1)),
    (r) => r.percent_of_roofline ?? -1),
  column("bound", "bound by", boundBy, boundBy),
  numeric("disturbed", "disturbed", disturbedText, (r) => r.disturbed_samples ?? -1),
  numeric("ratio", "to baseline", (r) => (r.ratio_to_baseline === undefined ? ""
    : make("span", { title: r.baseline }, ratioText(r.ratio_to_baseline))),
    (r) => r.ratio_to_baseline ?? Infinity),
  column("provenance", "provenance", (r) => kindElement(r.provenance), (r) => r.provenance),
  column("repro_command", "rerun", rerunElement, undefined),
];

// A variant on a device, over the cases that it has a time for.
const variantSpeeds = data.portability.flatMap((line) => line.tiers.map((t) => ({ ...t,
  kernel: line.kernel, variant: line.variant })));
const variantColumns = [
  column("kernel", "kernel", (l) => l.kernel, (l) => l.kernel),
  column("variant", "variant", (l) => l.variant, (l) => l.variant),
  column("tier", "device", (l) => l.tier, (l) => l.tier),
  numeric("cases", "cases", (l) => l.cases_in_words, (l) => l.timed),
  numeric("roofline", "of the roofline", (l) => shareElement(l.timed_of_roofline), (l) => l.timed_of_roofline ?? -1),
  numeric("best", "of the best variant", (l) => shareElement(l.timed_of_best), (l) => l.timed_of_best ?? -1),
];

function barLabel(row) {
  return `${row.kernel}/${row.variant} ${row.axes}${row.cache ? ` ${row.cache}` : ""} (${row.provenance})`;
}

function bars(id, list, value, title, mark, describe, scale) {
  const figure = byId(id).closest("figure");
  const all = list.filter((r) => value(r) !== undefined);
  figure.hidden = all.length === 0;
  if (all.length === 0) return;
  const some = all.slice(0, mostBars);
  byId(id).parentElement.style.height = `${60 + some.length * 34}px`;
  // Two lines a bar: who, and what. Chart.js cuts what is longer than half of the chart.
  const room = narrow() ? 26 : 70;
  const short = (text) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
  const lines = (row) => [short(`${row.kernel}/${row.variant}`),
    short(barLabel(row).slice(row.kernel.length + row.variant.length + 2))];
  draw(id, { type: "bar",
    data: { labels: some.map(lines), datasets: [{ data: some.map(value),
      backgroundColor: some.map((r) => kernelColour(r.kernel)), maxBarThickness: 16, base: scale.base }] },
    options: { ...steady, indexAxis: "y",
      scales: { x: axis(title, scale), y: { ticks: { color: colour("--ink"), autoSkip: false,
        font: { size: narrow() ? 9 : 11 } }, grid: { display: false } } },
      plugins: { legend: { display: false }, tooltip: { callbacks: {
        title: (items) => barLabel(some[items[0].dataIndex]),
        label: (item) => describe(some[item.dataIndex]) } } } },
    plugins: [markLine(mark)] },
  `Bar chart of ${title} for ${plural(some.length, "timed case", "timed cases")}` +
  `${some.length < all.length ? `, the first of ${all.length}` : ""}; the table above lists the values.`);
}

// One pair of peaks for each bandwidth that differs by more than measuring it twice would.
function roofs(list) {
  const peak = Math.max(...list.map((r) => r.peak_flops_per_second));
  const bandwidth = {};
  for (const row of list) {
    const key = row.cache || "all";
    bandwidth[key] = Math.max(bandwidth[key] || 0, row.read_bandwidth_bytes_per_second);
  }
  return { peak, bandwidth };
}

function drawRoofline(list) {
  const points = list.filter((r) => r.bytes > 0 && r.flops > 0 && r.time_median_seconds > 0 &&
    r.read_bandwidth_bytes_per_second > 0 && r.peak_flops_per_second > 0);
  byId("roofline-figure").hidden = points.length === 0;
  if (points.length === 0) return;
  const intensity = (r) => r.flops / r.bytes;
  const { peak, bandwidth } = roofs(points);
  const slowest = Math.min(...Object.values(bandwidth));
  const left = Math.min(...points.map(intensity), peak / slowest) / 3;
  const right = Math.max(...points.map(intensity), peak / slowest) * 3;
  const lines = Object.entries(bandwidth).map(([cache, rate], i) => ({ type: "line",
    label: `${cache} peak: ${threeDigits(rate / 1e9)} GB/s, ${threeDigits(peak / 1e9)} GFLOP/s`,
    data: [left, peak / rate, right].filter((x) => x >= left && x <= right).sort((a, b) => a - b)
      .map((x) => ({ x, y: Math.min(x * rate, peak) / 1e9 })),
    borderColor: colour("--ink"), borderWidth: 1.5, borderDash: i ? [5, 4] : [], pointRadius: 0,
    pointStyle: "line", tension: 0 }));
  const sets = kernelNames.filter((k) => points.some((r) => r.kernel === k)).map((kernel) => {
    const here = points.filter((r) => r.kernel === kernel);
    return { type: "scatter", label: kernel, rows: here,
      data: here.map((r) => ({ x: intensity(r), y: perSecond(r.flops, r) / 1e9 })),
      pointStyle: nth(kernelPoints, kernelNames.indexOf(kernel)), pointRadius: 5, pointHoverRadius: 8,
      backgroundColor: kernelColour(kernel), borderColor: kernelColour(kernel) };
  });
  draw("roofline-chart", { data: { datasets: [...lines, ...sets] },
    options: { ...steady,
      scales: { x: logAxis("operations per byte", { min: left, max: right }),
        y: logAxis("GFLOP/s", { max: 2 * peak / 1e9 }) },
      plugins: { legend: legend(narrow() ? { font: { size: 10 } } : {}), tooltip: { callbacks: { label: (item) => {
        const row = item.dataset.rows?.[item.dataIndex];
        return row ? `${barLabel(row)}: ${giga(perSecond(row.flops, row))} GFLOP/s, ` +
          `${numberText(row.percent_of_roofline)} % of roofline` : item.dataset.label;
      } } } } } },
  `Roofline of ${plural(points.length, "timed case", "timed cases")} under ` +
  `${threeDigits(peak / 1e9)} GFLOP/s; the table below lists the values.`);
}

function drawSpeedCharts(list) {
  const timed = list.filter((r) => r.time_median_seconds !== undefined);
  drawRoofline(timed);
  bars("floor-chart", timed, (r) => r.percent_of_roofline, "% of the roofline", 100,
    (r) => `${r.percent_of_roofline.toFixed(1)} % of the roofline, ${timeText(r.time_median_seconds)}, ` +
      `bound by ${boundBy(r)}`, { beginAtZero: true, suggestedMax: 100 });
  const compared = timed.filter((r) => r.ratio_to_baseline > 0 && r.variant !== r.baseline);
  const ratios = compared.map((r) => r.ratio_to_baseline);
  bars("ratio-chart", compared, (r) => r.ratio_to_baseline,
    "time of this / time of the baseline (logarithmic)", 1,
    (r) => `${ratioText(r.ratio_to_baseline)} than ${r.baseline}`.replace("same than", "same as"),
    { type: "logarithmic", base: 1, min: Math.min(0.5, ...ratios) * 0.9,
      max: Math.max(2, ...ratios) * 1.1 });
}

function drawSpeed() {
  presence("benches", "benches-none", benches.length > 0);
  presence("speeds", undefined, variantSpeeds.length > 0);
  byId("speeds-head").hidden = variantSpeeds.length === 0;
  if (variantSpeeds.length > 0) {
    longTable(byId("speeds"), undefined, variantColumns, "Variants by kernel and device",
      { place: "speeds", section: "speed", step: Infinity })(variantSpeeds);
  }
  byId("charts").hidden = byId("bars").hidden = !haveCharts || benches.length === 0;
  byId("charts-none").hidden = haveCharts || benches.length === 0;
  if (benches.length === 0) return;
  const kinds = [...new Set(benches.map((r) => r.provenance))];
  byId("speed-note").textContent = (kinds.length === 1 ? `All metrics are ${kinds[0]}. `
    : `Metrics of different provenance (${kinds.join(", ")}) are shown together; ` +
      "the column \"provenance\" tells which. ") +
    "Only correct results have a time.";
  const table = longTable(byId("benches"), byId("benches-more"), benchColumns, "Timed cases",
    { place: "bench", section: "speed", mark: (r) => (isFailure(r) ? "failed" : undefined) });
  const filters = makeFilters(byId("bench-filters"), "bench", "speed", [["kernel", "kernel"],
    ["variant", "variant"], ["dtype", "type"], ["cache", "cache"], ["tier", "device"], ["provenance", "provenance"]],
    benches, (r) => `${caseId(r)} ${r.status} ${r.message || ""}`, () => update());
  const update = () => {
    const list = benches.filter(filters.matches);
    byId("bench-count").textContent = `${list.length} of ${plural(benches.length, "timed case", "timed cases")}`;
    table(list);
    if (haveCharts) drawSpeedCharts(list);
  };
  filters.start();
  chartPart(() => drawSpeedCharts(benches.filter(filters.matches)));
}
