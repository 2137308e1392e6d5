// The first screen: verdict, counts, machine, and the matrix of kernel, type and device.
const checks = rows.filter((r) => r.row === "check" && r.kernel !== "kv");
const forwards = rows.filter((r) => r.row === "forward");
const benches = rows.filter((r) => r.row === "bench" && r.kernel !== "model");
const failuresFirst = (list) => [...list].sort((a, b) => isFailure(b) - isFailure(a));

// Devices of the matrix whose cells are such: with runs of their own, or covered by others alone.
const tierKey = (c) => `${c.tier}\n${c.provenance}`;
const onlyCovered = (c) => c.covered !== undefined &&
  !data.matrix.cells.some((other) => tierKey(other) === tierKey(c) && other.ran > 0);
const tiersWith = (test) => new Set(data.matrix.cells.filter(test).map(tierKey)).size;

function drawHeadline() {
  const slower = rows.filter((r) => r.row === "compare" && r.verdict === "slower").length;
  const judged = rows.filter((r) => r.status !== "unsupported");
  const failed = judged.filter(isFailure);
  const headline = byId("headline");
  headline.classList.add(judged.length === 0 || failed.length + slower > 0 ? "bad" : "good");
  headline.textContent = judged.length === 0 ? "✗ Nothing ran"
    : (failed.length === 0
      ? (judged.length === 1 ? "✓ 1 result passed" : `✓ All ${judged.length} results passed`)
      : `✗ ${failed.length} of ${plural(judged.length, "result", "results")} failed`) +
      (slower > 0 ? `, ${slower} slower than the baseline` : "");
  byId("subtitle").textContent = data.subtitle;
  byId("covered-meaning").textContent = `${data.matrix.covered_meaning}.`;
  const count = (list, test) => list.filter(test).length;
  const tiles = [
    ["cases correct", count(checks, (r) => r.status === "passed"), ""],
    ["failed", failed.length, failed.length > 0 ? "bad" : ""],
    ["unsupported", count(rows, (r) => r.status === "unsupported"), ""],
    ["whole-model results correct", count(forwards, (r) => r.status === "passed"), ""],
    ["timed", count(benches, (r) => r.time_median_seconds !== undefined), ""],
    ...(compared.length > 0 ? [["slower than the baseline", slower, slower > 0 ? "bad" : ""]] : []),
    ["devices run", tiersWith((c) => c.ran > 0), ""],
    ...(tiersWith(onlyCovered) > 0 ? [["devices covered by these runs", tiersWith(onlyCovered), ""]] : []),
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
      `These records come from ${data.environments.length} environments; the first is shown here, all ` +
      "are listed at the end."));
  }
  byId("left-out").hidden = data.left_out.length === 0;
  byId("left-out").querySelector("ul").append(...data.left_out.map((text) => make("li", {}, text)));
}

// A cell of a matrix, which filters the cases when chosen.
function passButton(label, passed, ran, unsupported, choose) {
  const kind = ran === 0 ? "muted" : passed === ran ? "good" : "bad";
  const text = ran === 0 ? "–" : passed === ran ? `✓ ${passed}` : `✗ ${passed}/${ran}`;
  const words = ran === 0 ? `unsupported, ${unsupported}` : `${passed} of ${ran} passed`;
  return make("button", { type: "button", class: `cell ${kind}`, "aria-label": `${label}: ${words}`,
    title: `${label}: ${words}`, "data-passed": passed, "data-ran": ran, onclick: choose }, text);
}

// Verdicts of runs on other devices that hold for this one, with a way to the cases of these runs.
function coveredButton(label, { passed, ran, words, by }, choose) {
  const kind = passed === ran ? "good" : "bad";
  return make("button", { type: "button", class: `cell covered ${kind}`,
    "aria-label": `${label}: ${words}`, title: `${label}: ${words}. ${data.matrix.covered_meaning}.`,
    "data-covered": ran, "data-passed": passed, onclick: () => choose(by[0]) },
  make("span", { "aria-hidden": "true" }, passed === ran ? "✓ " : "✗ "),
  ...words.split(" ").flatMap((word) => [make("span", {}, word), " "]));  // no break in a device's name
}

// Kernel and type down, devices across.
function drawMatrix(choose) {
  const { tiers, cells } = data.matrix;
  presence("matrix", "matrix-none", cells.length > 0);
  if (cells.length === 0) return;
  const table = byId("matrix");
  table.className = "grid";
  byId("covered-note").hidden = !cells.some((c) => c.covered);
  byId("covered-note").textContent = `${data.matrix.covered_meaning}.`;
  const update = () => {
    const left = cells.filter(filters.matches);
    const columns = tiers.filter((t) => left.some((c) => c.tier === t.tier && c.provenance === t.provenance));
    const lines = [...new Set(left.map((c) => `${c.kernel}\n${c.dtype}`))].map((text) => text.split("\n"));
    const kinds = [...new Set(columns.map((t) => t.provenance))];
    const heads = make("tr", {}, make("th", { scope: "col" }, "kernel"), make("th", { scope: "col" }, "type"),
      ...columns.map((t) => make("th", { scope: "col" }, make("div", { class: "device" }, t.tier))));
    const groups = make("tr", {}, make("td", { colspan: "2" }), ...kinds.map((kind) => make("th",
      { scope: "colgroup", colspan: String(columns.filter((t) => t.provenance === kind).length) },
      kindElement(kind))));
    const named = new Set();
    const body = lines.map(([kernel, dtype], i) => {
      const first = !named.has(kernel);
      named.add(kernel);
      const head = first ? [make("th", { scope: "rowgroup",
        rowspan: String(lines.filter(([k]) => k === kernel).length) }, kernel)] : [];
      const last = lines[i + 1]?.[0] !== kernel;
      return make("tr", { class: last ? "last" : undefined }, ...head,
        make("th", { scope: "row", class: "variant" }, dtype || "none"),
        ...columns.map((t) => {
          const cell = left.find((c) => c.kernel === kernel && c.dtype === dtype && c.tier === t.tier &&
            c.provenance === t.provenance);
          if (!cell) return make("td", { class: "muted" });
          const label = `${kernel} ${dtype} on ${t.tier}, ${t.provenance}`;
          const show = (tier) => choose({ kernel, dtype, tier, provenance: t.provenance });
          const own = cell.ran > 0 || !cell.covered
            ? [passButton(label, cell.passed, cell.ran, cell.unsupported, () => show(t.tier))] : [];
          return make("td", {}, ...own, ...(cell.covered ? [coveredButton(label, cell.covered, show)] : []));
        }));
    });
    table.replaceChildren(make("caption", {}, "✓ passed, ✗ passed / ran, – unsupported; empty: no row"),
      make("thead", {}, groups, heads), make("tbody", {}, ...body));
  };
  const filters = makeFilters(byId("matrix-filters"), "matrix", "overview",
    [["kernel", "kernel"], ["dtype", "type"], ["provenance", "provenance"], ["tier", "device"]], cells, undefined,
    () => update());
  filters.start();
}
