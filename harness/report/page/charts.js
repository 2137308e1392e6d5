// Charts of the timed cases that the filters leave. The table beside them holds the same figures.
const haveCharts = typeof Chart !== "undefined";
const mostBars = 60;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const kernelColours = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8", "--c9"];
const kernelPoints = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot", "rectRounded", "dash"];
const kernelNames = [...new Set(rows.filter((r) => r.row === "bench").map((r) => r.kernel))].sort();
const kernelColour = (kernel) => colour(kernelColours[kernelNames.indexOf(kernel) % kernelColours.length]);
const drawn = {};

function barLabel(row) {
  const several = new Set(rows.map((r) => r.figure)).size > 1;
  const text = `${row.kernel}/${row.variant} ${row.axes}${row.cache ? ` ${row.cache}` : ""}`;
  return several ? `${text} (${row.figure})` : text;
}

function axis(title, extra = {}) {
  return { title: { display: true, text: title, color: colour("--ink") },
    ticks: { color: colour("--soft") }, grid: { color: colour("--line") }, ...extra };
}

function draw(id, config, description) {
  drawn[id]?.destroy();
  byId(id).setAttribute("role", "img");
  byId(id).setAttribute("aria-label", description);
  drawn[id] = new Chart(byId(id), config);
}

// Vertical line at the value that matters: 100 % or the baseline.
const markLine = (value) => ({ id: "mark", afterDatasetsDraw: ({ ctx, chartArea, scales }) => {
  const x = scales.x.getPixelForValue(value);
  if (x < chartArea.left || x > chartArea.right) return;
  ctx.save();
  ctx.strokeStyle = colour("--ink");
  ctx.setLineDash([4, 3]);
  ctx.beginPath();
  ctx.moveTo(x, chartArea.top);
  ctx.lineTo(x, chartArea.bottom);
  ctx.stroke();
  ctx.restore();
} });

function bars(id, list, value, title, mark, describe, scale) {
  const figure = byId(id).closest("figure");
  const all = list.filter((r) => value(r) !== undefined);
  figure.hidden = all.length === 0;
  if (all.length === 0) return;
  const some = all.slice(0, mostBars);
  const narrow = window.innerWidth < 700;
  byId(id).parentElement.style.height = `${60 + some.length * 36}px`;
  // Two lines a bar: who, and what. Chart.js cuts what is longer than half of the chart.
  const room = narrow ? 26 : 70;
  const short = (text) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
  const lines = (row) => [short(`${row.kernel}/${row.variant}`),
    short(barLabel(row).slice(row.kernel.length + row.variant.length + 2))];
  draw(id, { type: "bar",
    data: { labels: some.map(lines), datasets: [{ data: some.map(value),
      backgroundColor: some.map((r) => kernelColour(r.kernel)), maxBarThickness: 18, base: scale.base }] },
    options: { indexAxis: "y", responsive: true, maintainAspectRatio: false, animation: false,
      scales: { x: axis(title, scale), y: { ticks: { color: colour("--ink"), autoSkip: false,
        font: { size: narrow ? 9 : 11 } }, grid: { display: false } } },
      plugins: { legend: { display: false }, tooltip: { callbacks: {
        title: (items) => barLabel(some[items[0].dataIndex]),
        label: (item) => describe(some[item.dataIndex]) } } } },
    plugins: [markLine(mark)] },
  `Bar chart of ${title} for ${plural(some.length, "timed case", "timed cases")}` +
  `${some.length < all.length ? ` of ${all.length}` : ""}; the table above holds the figures.`);
}

// One pair of roofs for each bandwidth that differs by more than measuring it twice would.
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
    label: `${cache} roof: ${threeDigits(rate / 1e9)} GB/s, ${threeDigits(peak / 1e9)} GFLOP/s`,
    data: [left, peak / rate, right].filter((x) => x >= left && x <= right).sort((a, b) => a - b)
      .map((x) => ({ x, y: Math.min(x * rate, peak) / 1e9 })),
    borderColor: colour("--ink"), borderWidth: 1.5, borderDash: i ? [5, 4] : [], pointRadius: 0, pointStyle: "line", tension: 0 }));
  const sets = kernelNames.filter((k) => points.some((r) => r.kernel === k)).map((kernel) => {
    const here = points.filter((r) => r.kernel === kernel);
    return { type: "scatter", label: kernel, rows: here,
      data: here.map((r) => ({ x: intensity(r), y: perSecond(r.flops, r) / 1e9 })),
      pointStyle: kernelPoints[kernelNames.indexOf(kernel) % kernelPoints.length], pointRadius: 5,
      pointHoverRadius: 8, backgroundColor: kernelColour(kernel), borderColor: kernelColour(kernel) };
  });
  const decades = { type: "logarithmic" };
  const isDecade = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  const plain = (value) => (isDecade(value) ? String(+value.toPrecision(6)) : "");
  const logAxis = (title, extra) => axis(title, { ...decades, ...extra,
    grid: { color: ({ tick }) => (tick && isDecade(tick.value) ? colour("--line") : "transparent") },
    ticks: { color: colour("--soft"), callback: plain, maxRotation: 0 } });
  draw("roofline-chart", { data: { datasets: [...lines, ...sets] },
    options: { responsive: true, maintainAspectRatio: false, animation: false,
      scales: { x: logAxis("operations a byte", { min: left, max: right }), y: logAxis("GFLOP/s", { max: 2 * peak / 1e9 }) },
      plugins: { legend: { position: "bottom", labels: { color: colour("--ink"), usePointStyle: true } },
        tooltip: { callbacks: { label: (item) => {
          const row = item.dataset.rows?.[item.dataIndex];
          return row ? `${barLabel(row)}: ${giga(perSecond(row.flops, row))} GFLOP/s, ` +
            `${numberText(row.percent_of_floor)} % of floor` : item.dataset.label;
        } } } } } },
  `Roofline of ${plural(points.length, "timed case", "timed cases")} under ` +
  `${threeDigits(peak / 1e9)} GFLOP/s; the table above holds the figures.`);
}

function drawCharts(list) {
  byId("charts").hidden = !haveCharts;
  byId("charts-none").hidden = haveCharts || list.length === 0;
  if (!haveCharts) return;
  const timed = list.filter((r) => r.time_median_seconds !== undefined);
  bars("floor-chart", timed, (r) => r.percent_of_floor, "% of the floor", 100,
    (r) => `${r.percent_of_floor.toFixed(1)} % of the floor, ${timeText(r.time_median_seconds)}, ` +
      `bound by ${boundBy(r)}`, { beginAtZero: true, suggestedMax: 100 });
  const compared = timed.filter((r) => r.ratio_to_baseline > 0 && r.variant !== r.baseline);
  const ratios = compared.map((r) => r.ratio_to_baseline);
  bars("ratio-chart", compared, (r) => r.ratio_to_baseline,
    "time of this / time of the baseline (logarithmic)", 1,
    (r) => `${ratioText(r.ratio_to_baseline)} than ${r.baseline}`.replace("same than", "same as"),
    { type: "logarithmic", base: 1, min: Math.min(0.5, ...ratios) * 0.9,
      max: Math.max(2, ...ratios) * 1.1 });
  drawRoofline(timed);
}
