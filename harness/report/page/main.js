// Puts the page together from the embedded records.
window.addEventListener("error", (event) => {
  byId("fault").hidden = false;
  byId("fault").textContent = `The page's script failed: ${event.message}`;
});

const checks = rows.filter((r) => r.row === "check");
const forwards = rows.filter((r) => r.row === "forward");
const benches = rows.filter((r) => r.row === "bench");
const failuresFirst = (list) => [...list].sort((a, b) => isFailure(b) - isFailure(a));

function drawHeadline() {
  const judged = rows.filter((r) => r.status !== "unsupported");
  const failed = judged.filter(isFailure);
  const headline = byId("headline");
  headline.classList.add(judged.length === 0 || failed.length > 0 ? "bad" : "good");
  headline.textContent = judged.length === 0 ? "✗ Nothing ran"
    : failed.length === 0 ? `✓ All ${judged.length} results passed`
    : `✗ ${failed.length} of ${judged.length} results failed`;
  byId("subtitle").textContent = data.subtitle;
  const count = (list, test) => list.filter(test).length;
  const tiles = [
    ["cases right", count(checks, (r) => r.status === "passed"), ""],
    ["failed", failed.length, failed.length > 0 ? "bad" : ""],
    ["unsupported", count(rows, (r) => r.status === "unsupported"), ""],
    ["whole-model results right", count(forwards, (r) => r.status === "passed"), ""],
    ["timed", count(benches, (r) => r.time_median_seconds !== undefined), ""],
  ];
  byId("tiles").append(...tiles.map(([label, value, kind]) => make("div", { class: `tile ${kind}` },
    make("span", { class: "value" }, value.toLocaleString("en")), make("span", {}, label))));
  const here = data.environments[0] || {};
  const times = rows.map((r) => r.time_utc).filter(Boolean).sort();
  const facts = [["machine", here.cpu], ["processors, threads", `${here.cores ?? "?"}, ${here.threads ?? "?"}`],
    ["commit", here.commit], ["compiler", here.compiler], ["Kokkos", here.kokkos],
    ["date", (times[0] || "").replace("T", " ").replace("Z", " UTC")]];
  byId("machine").append(...facts.filter(([, value]) => value).map(([key, value]) =>
    make("div", {}, make("dt", {}, key), make("dd", {}, value))));
  if (data.environments.length > 1) {
    byId("machine").after(make("p", { class: "note" },
      `These records come from ${data.environments.length} environments; the first stands here, all ` +
      "are listed at the end."));
  }
}

function drawEnvironments() {
  byId("environments").append(...data.environments.map((environment, i) => {
    const lines = Object.entries(environment).map(([key, value]) =>
      make("tr", {}, make("th", { scope: "row" }, key.replace("_", " ")), make("td", {}, String(value))));
    const used = rows.filter((r) => r.environment === i).length;
    return make("div", { class: "scroll" },
      make("table", {}, make("caption", {}, `Environment of ${plural(used, "row", "rows")}`),
        make("tbody", {}, ...lines)));
  }));
  if (data.command) {
    byId("command").append(make("h3", {}, "All of it again"),
      make("pre", {}, make("code", {}, data.command)));
  }
}

function drawCorrectness() {
  byId("correctness").hidden = checks.length === 0;
  if (checks.length === 0) return;
  const table = longTable(byId("checks"), byId("checks-more"), checkColumns, "Cases, failures first");
  const update = () => {
    const list = failuresFirst(checks.filter(filters.matches));
    byId("check-count").textContent = `${list.length} of ${plural(checks.length, "case", "cases")}`;
    table(list);
  };
  const filters = makeFilters(byId("check-filters"), [["kernel", "kernel"], ["variant", "variant"],
    ["dtype", "type"], ["data", "data"], ["status", "status"]], checks, () => update());
  drawMatrix(checks, (chosen) => {
    filters.set(chosen);
    byId("check-count").scrollIntoView({ block: "center" });
  });
  update();
}

function drawForward() {
  byId("forward-none").hidden = forwards.length > 0;
  byId("forwards").closest(".scroll").hidden = forwards.length === 0;
  if (forwards.length > 0) {
    longTable(byId("forwards"), undefined, forwardColumns, "Whole-model results", Infinity)(
      failuresFirst(forwards));
  }
}

function drawSpeed() {
  byId("speed").hidden = benches.length === 0;
  if (benches.length === 0) return;
  const kinds = [...new Set(benches.map((r) => r.figure))];
  byId("speed-note").textContent = (kinds.length === 1 ? `All figures are ${kinds[0]}. `
    : `Figures of different kinds (${kinds.join(", ")}) stand together; the column "figure" says which. `) +
    "Only what is right has a time.";
  const table = longTable(byId("benches"), byId("benches-more"), benchColumns, "Timed cases");
  const update = () => {
    const list = benches.filter(filters.matches);
    byId("bench-count").textContent = `${list.length} of ${plural(benches.length, "timed case", "timed cases")}`;
    table(list);
    drawCharts(list);
  };
  const filters = makeFilters(byId("bench-filters"), [["kernel", "kernel"], ["variant", "variant"],
    ["dtype", "type"], ["cache", "cache"], ["figure", "figure"]], benches, () => update());
  update();
  const redraw = () => drawCharts(benches.filter(filters.matches));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const paper = (on) => () => { document.documentElement.classList.toggle("paper", on); redraw(); };
  window.addEventListener("beforeprint", paper(true));
  window.addEventListener("afterprint", paper(false));
}

drawHeadline();
drawCorrectness();
drawForward();
drawSpeed();
drawEnvironments();
