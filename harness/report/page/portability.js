// Portable, tuned and vendor code side by side; performance portability.
const timesText = (ratio) => (ratio === undefined ? "" : `${ratio.toFixed(2)}×`);
const severalTiers = new Set(data.ratios.kernels.map((k) => k.tier)).size > 1;
const nativeColumns = [
  column("kernel", "kernel", (k) => k.kernel, (k) => k.kernel),
  column("tier", "device", (k) => k.tier, (k) => k.tier),
  numeric("cases", "cases with tuned code", (k) => wholeText(k.native_cases || undefined), (k) => k.native_cases),
  numeric("native", "to tuned", (k) => timesText(k.native), (k) => k.native ?? -1),
  numeric("worst", "worst to tuned", (k) => timesText(k.native_worst), (k) => k.native_worst ?? -1),
  numeric("vendor_cases", "cases with vendor code", (k) => wholeText(k.vendor_cases || undefined),
    (k) => k.vendor_cases),
  numeric("vendor", "to vendor", (k) => timesText(k.vendor), (k) => k.vendor ?? -1),
  numeric("vendor_worst", "worst to vendor", (k) => timesText(k.vendor_worst), (k) => k.vendor_worst ?? -1),
];

// Columns of one origin of a compared case: its variant and time, or why it has none.
const sideTime = (side) => (side === undefined ? make("span", { class: "muted" }, "–")
  : side.seconds === undefined ? statusElement(side.status) : timeText(side.seconds));
const rivalColumns = (key) => [
  column(`${key}_variant`, `${key} variant`, (c) => c[key]?.variant ?? "", (c) => c[key]?.variant ?? ""),
  numeric(`${key}_time`, `${key} time`, (c) => sideTime(c[key]), (c) => c[key]?.seconds ?? Infinity),
  numeric(`${key}_ratio`, `portable / ${key}`, (c) => timesText(c[key]?.ratio), (c) => c[key]?.ratio ?? -1),
];
const comparedCaseColumns = [
  column("kernel", "kernel", (c) => c.kernel, (c) => c.kernel),
  column("case", "case", axesElement, (c) => c.axes),
  column("cache", "cache", (c) => c.cache, (c) => c.cache),
  column("tier", "device", (c) => c.tier, (c) => c.tier),
  numeric("portable_time", "portable time", (c) => sideTime(c.portable), (c) => c.portable?.seconds ?? Infinity),
  numeric("roofline", "of the roofline", (c) => shareText(c.portable?.of_roofline),
    (c) => c.portable?.of_roofline ?? -1),
  ...rivalColumns("tuned"),
  ...rivalColumns("vendor"),
];

function drawComparedCases() {
  const cases = data.compared_cases;
  presence("compared-cases", "compared-cases-none", cases.length > 0);
  if (cases.length === 0) return;
  longTable(byId("compared-cases"), byId("compared-cases-more"), comparedCaseColumns,
    "Portable, tuned and vendor code by case", { place: "sides", section: "portability" })(cases);
}

function drawNatives() {
  const kernels = data.ratios.kernels;
  presence("natives", "natives-none", kernels.length > 0);
  byId("native-figure").hidden = kernels.length === 0 || !haveCharts;
  if (kernels.length === 0) return;
  longTable(byId("natives"), undefined, nativeColumns, "Time of portable code over the other's",
    { place: "native", section: "portability", step: Infinity })(kernels);
  const show = () => {
    const all = kernels.flatMap((k) => [k.native, k.vendor]).filter((r) => r !== undefined);
    byId("native-chart").parentElement.style.height = `${100 + kernels.length * 36}px`;
    const set = (label, key, i) => ({ label, data: kernels.map((k) => k[key] ?? null), base: 1,
      backgroundColor: colour(kernelColours[i]), maxBarThickness: 12 });
    draw("native-chart", { type: "bar",
      data: { labels: kernels.map((k) => (severalTiers ? [k.kernel, k.tier] : k.kernel)),
        datasets: [set("against tuned", "native", 0), set("against vendor", "vendor", 1)] },
      options: { ...steady, indexAxis: "y", scales: {
        x: axis("time of portable / time of the other (logarithmic)", { type: "logarithmic",
          min: Math.min(0.5, ...all) * 0.9, max: Math.max(2, ...all) * 1.1,
          afterBuildTicks: (a) => {
            a.ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
              .filter((v) => v >= a.min && v <= a.max).map((value) => ({ value }));
          }, ticks: { callback: (value) => `${value}×` } }),
        y: { ticks: { color: colour("--ink"), autoSkip: false }, grid: { display: false } } },
      plugins: { legend: { ...legend(), labels: { color: colour("--ink"), boxWidth: 12, boxHeight: 12 } } } },
      plugins: [markLine(1)] },
    `Time of portable code over tuned and vendor code for ${plural(kernels.length, "kernel", "kernels")}; ` +
    "the table below lists the values.");
  };
  chartPart(show);
}

// What keeps a variant from a figure, or makes it 0, on each device.
function tierWords(line) {
  return line.tiers.map((t) => `${t.tier}: ${t.cases_in_words}`).join("; ");
}
const portabilityColumns = [
  column("kernel", "kernel", (l) => l.kernel, (l) => l.kernel),
  column("variant", "variant", (l) => l.variant, (l) => l.variant),
  numeric("tiers", "devices", (l) => wholeText(l.tiers.length), (l) => l.tiers.length),
  numeric("roofline", "of the roofline", (l) => shareElement(l.of_roofline), (l) => l.of_roofline ?? -1),
  numeric("best", "of the best variant", (l) => shareElement(l.of_best), (l) => l.of_best ?? -1),
  column("why", "over", (l) => make("span", { class: "message" }, tierWords(l)), undefined),
];

// The metric for each kernel's portable, tuned and vendor code.
const originColumns = portabilityColumns.map((c) => (c.key === "variant" ? { ...c, title: "code" } : c));

function drawPortability() {
  const lines = data.portability;
  presence("portabilities", undefined, lines.length > 0);
  presence("origins", undefined, data.portability_by_origin.length > 0);
  const tiers = [...new Set(lines.flatMap((l) => l.tiers.map((t) => t.tier)))];
  byId("tier-count").textContent = tiers.length === 0 ? "No device of these records is measured."
    : tiers.length === 1 ? `One device is measured here (${tiers[0]}): these are efficiencies on it, and show ` +
      "nothing of portability yet."
    : `Measured on ${tiers.length} devices: ${tiers.join("; ")}.`;
  if (lines.length === 0) return;
  longTable(byId("origins"), undefined, originColumns, "Harmonic means of efficiency: portable, tuned, vendor",
    { place: "origins", section: "portability", step: Infinity })(data.portability_by_origin);
  longTable(byId("portabilities"), undefined, portabilityColumns, "Harmonic means of efficiency by variant",
    { place: "portability", section: "portability", step: Infinity })(lines);
}
