// Tokens per second of a whole model, and the bytes of its cache.
const seriesText = (p) => `${p.model} ${p.dtype}, ${p.variant}`;

const curveColumns = [
  column("model", "model", seriesText, seriesText),
  column("phase", "phase", (p) => p.phase, (p) => p.phase),
  numeric("tokens", "tokens", (p) => wholeText(p.tokens), (p) => p.tokens),
  numeric("batch", "sequences", (p) => wholeText(p.batch), (p) => p.batch),
  numeric("context", "context", (p) => (p.phase === "decode" ? wholeText(p.context) : ""), (p) => p.context),
  numeric("rate", "tokens/s", (p) => threeDigits(p.tokens_per_second), (p) => p.tokens_per_second),
  numeric("low", "quartiles", (p) => (p.low === undefined || p.high === undefined ? ""
    : `${threeDigits(p.low)} to ${threeDigits(p.high)}`), (p) => p.low ?? -1),
  numeric("disturbed", "disturbed",
    (p) => disturbedText({ disturbed_samples: p.marked, samples: p.samples }), (p) => p.marked ?? -1),
  numeric("roof", "peak", (p) => numberText(p.roof), (p) => p.roof ?? -1),
  column("tier", "device", (p) => p.tier, (p) => p.tier),
  column("provenance", "provenance", (p) => kindElement(p.provenance), (p) => p.provenance),
];

// Points of several series against one length, each with its roof.
function curve(id, points, x, title, seriesOf) {
  byId(id).closest("figure").hidden = points.length === 0;
  if (points.length === 0) return;
  const names = [...new Set(points.map(seriesOf))];
  const sets = names.flatMap((name, i) => {
    const line = points.filter((p) => seriesOf(p) === name).sort((a, b) => x(a) - x(b));
    const shared = { borderColor: colour(nth(kernelColours, i)), backgroundColor: colour(nth(kernelColours, i)) };
    return [{ ...shared, label: name, pointStyle: nth(kernelPoints, i), pointRadius: 4, borderWidth: 2,
      data: line.map((p) => ({ x: x(p), y: p.tokens_per_second, low: p.low, high: p.high })) },
    { ...shared, label: `peak of ${name}`, pointRadius: 0, borderDash: [5, 4], borderWidth: 1.5,
      data: line.filter((p) => p.roof !== undefined).map((p) => ({ x: x(p), y: p.roof })) }];
  });
  const places = [...new Set(points.map(x))].sort((a, b) => a - b);
  draw(id, { type: "line", data: { datasets: sets },
    options: { ...steady, scales: {
      y: logAxis("tokens/s", { min: 0.8 * Math.min(...points.map((p) => p.low ?? p.tokens_per_second)) }),
      x: axis(title, { type: "logarithmic", min: places[0] / 1.3, max: places[places.length - 1] * 1.3,
        afterBuildTicks: (a) => { a.ticks = places.map((value) => ({ value })); },
        ticks: { callback: (value) => wholeText(value), autoSkip: true } }) },
    plugins: { legend: legend({ filter: (item) => !item.text.startsWith("peak of ") }),
      tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${threeDigits(item.parsed.y)} tokens/s` } } } },
    plugins: [whiskers] },
  `Tokens per second by ${title}, ${plural(points.length, "point", "points")}; the table below lists them.`);
}

function drawCurves() {
  const points = data.curves;
  presence("curves", "curves-none", points.length > 0);
  byId("curves-note").hidden = points.length === 0;
  const figures = ["prefill-chart", "decode-chart", "context-chart"];
  if (points.length === 0 || !haveCharts) figures.forEach((id) => { byId(id).closest("figure").hidden = true; });
  if (points.length === 0) return;
  longTable(byId("curves"), undefined, curveColumns, "Cells of throughput",
    { place: "curves", section: "model", step: Infinity })(points);
  const several = new Set(points.map((p) => p.tier)).size > 1;
  const where = (p) => seriesText(p) + (several ? ` on ${p.tier}` : "") +
    (p.provenance === "measured" ? "" : ` (${p.provenance})`);
  const decode = points.filter((p) => p.phase === "decode");
  const contexts = new Set(decode.map((p) => p.context)).size;
  const show = () => {
    curve("prefill-chart", points.filter((p) => p.phase === "prefill"), (p) => p.tokens,
      "tokens of the prompt", where);
    curve("decode-chart", decode, (p) => p.batch, "sequences at a time",
      (p) => `${where(p)}, ${wholeText(p.context)} held`);
    curve("context-chart", contexts > 1 ? decode : [], (p) => p.context, "tokens held",
      (p) => `${where(p)}, ${plural(p.batch, "sequence", "sequences")}`);
  };
  chartPart(show);
}

const cacheColumns = [
  column("model", "model", (f) => f.model, (f) => f.model),
  column("scheme", "attention", (f) => f.scheme, (f) => f.scheme),
  column("dtype", "type", (f) => f.dtype, (f) => f.dtype),
  numeric("tokens", "tokens", (f) => wholeText(f.tokens), (f) => f.tokens),
  numeric("bytes", "bytes", (f) => wholeText(f.bytes), (f) => f.bytes),
  numeric("size", "size", (f) => bytesText(f.bytes), (f) => f.bytes),
  numeric("each", "bytes per token", (f) => wholeText(Math.round(f.bytes / f.tokens)), (f) => f.bytes / f.tokens),
  numeric("least", "of minimum", (f) => (f.of_least === undefined ? "" : `${f.of_least.toFixed(2)}×`),
    (f) => f.of_least ?? -1),
  column("saving", "saving", (f) => (f.lost ? make("span", { class: "bad" }, "✗ lost")
    : make("span", { class: "good" }, "✓ as stated")), (f) => String(f.lost)),
];

function drawCaches() {
  const figures = data.kv;
  presence("caches", "caches-none", figures.length > 0);
  byId("cache-note").hidden = figures.length === 0;
  byId("cache-figure").hidden = figures.length === 0 || !haveCharts;
  if (figures.length === 0) return;
  byId("cache-note").append(" ", kindElement("measured"));
  longTable(byId("caches"), undefined, cacheColumns, "One sequence of the KV cache",
    { place: "cache", section: "cache", step: Infinity, mark: (f) => (f.lost ? "failed" : undefined) })(figures);
  const groupOf = (f) => `${f.model} ${f.dtype}, ${wholeText(f.tokens)} tokens`;
  const groups = [...new Set(figures.map(groupOf))];
  const schemes = [...new Set([...figures].sort((a, b) => (a.of_least ?? 0) - (b.of_least ?? 0))
    .map((f) => f.scheme))];
  const show = () => {
    byId("cache-chart").parentElement.style.height = `${90 + groups.length * (14 + schemes.length * 15)}px`;
    draw("cache-chart", { type: "bar",
      data: { labels: groups.map((g) => (narrow() ? g.split(", ") : g)), datasets: schemes.map((scheme, i) => ({
        label: scheme, backgroundColor: colour(nth(kernelColours, i)), maxBarThickness: 12,
        data: groups.map((g) => {
          const figure = figures.find((f) => groupOf(f) === g && f.scheme === scheme);
          return figure ? figure.bytes / figure.tokens : null;
        }) })) },
      options: { ...steady, indexAxis: "y", scales: { x: axis("bytes per token", { beginAtZero: true,
        ticks: { callback: (value) => wholeText(value), maxRotation: 0 } }),
      y: { ticks: { color: colour("--ink"), autoSkip: false }, grid: { display: false } } },
      plugins: { legend: { ...legend(), labels: { color: colour("--ink"), boxWidth: 12, boxHeight: 12 } } } } },
    `Bytes of the KV cache per token for ${schemes.join(", ")}; the table below lists the values.`);
  };
  chartPart(show);
}
