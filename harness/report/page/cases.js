// Every judged case, and the whole model against known outputs.
const checkColumns = [
  column("status", "status", (r) => statusElement(r.status), (r) => (isFailure(r) ? 0 : 1) + r.status),
  column("kernel", "kernel", (r) => r.kernel, (r) => r.kernel),
  column("variant", "variant", variantText, variantText),
  column("case", "case", axesElement, (r) => r.axes),
  column("data", "data", (r) => r.data || "", (r) => r.data || ""),
  numeric("worst", "worst", (r) => (r.data === "exact" ? "" : numberText(r.worst_error_ratio)),
    (r) => Number(r.worst_error_ratio ?? -1)),
  numeric("checked", "checked", (r) => (r.checked === undefined ? "" : r.checked === r.total
    ? wholeText(r.total) : `${wholeText(r.checked)} of ${wholeText(r.total)}`), (r) => r.checked ?? -1),
  column("provenance", "provenance", (r) => kindElement(r.provenance), (r) => r.provenance),
  column("message", "message", (r) => (r.message ? make("span", { class: "message" }, r.message) : ""),
    undefined),
  column("repro_command", "rerun", rerunElement, undefined),
];

const forwardColumns = [
  checkColumns[0],
  column("model", "model", (r) => r.kernel, (r) => r.kernel),
  column("variant", "computed by", (r) => r.variant, (r) => r.variant),
  column("case", "compared", axesElement, (r) => r.axes),
  column("dtype", "type", (r) => r.dtype || "", (r) => r.dtype || ""),
  ...checkColumns.slice(5),
];

// Kernel and variant down, storage type and kind of inputs across.
function drawVariants(choose) {
  const types = [...new Set(checks.map((r) => r.dtype || ""))].sort();
  const modes = ["exact", "real"].filter((m) => checks.some((r) => r.data === m));
  const lines = new Map();
  for (const row of checks) lines.set(`${row.kernel}\n${row.variant}`, row);
  const ordered = [...lines.values()].sort((a, b) => compareValues(a.kernel, b.kernel));
  const named = new Set();
  const kernelHead = (kernel) => {  // once for all its variants
    if (named.has(kernel)) return [];
    named.add(kernel);
    const all = ordered.filter((l) => l.kernel === kernel).length;
    return [make("th", { scope: "rowgroup", rowspan: String(all) }, kernel)];
  };
  const cellOf = (line, type, mode) => {
    const here = checks.filter((r) => r.kernel === line.kernel && r.variant === line.variant &&
      (r.dtype || "") === type && r.data === mode);
    if (here.length === 0) return make("td", { class: "muted" });
    const ran = here.filter((r) => r.status !== "unsupported");
    const passed = ran.filter((r) => r.status === "passed").length;
    return make("td", {}, passButton(`${line.kernel} ${line.variant} ${type} ${mode}`, passed, ran.length,
      here.length, () => choose({ kernel: line.kernel, variant: line.variant, dtype: type, data: mode })));
  };
  byId("variants").className = "grid";
  byId("variants").append(make("caption", {}, "✓ passed, ✗ passed / ran, – unsupported"),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "kernel"),
      make("th", { scope: "col" }, "variant"), ...types.flatMap((t) => modes.map((m) =>
        make("th", { scope: "col" }, `${t} `, make("span", { class: "mode" }, m)))))),
    make("tbody", {}, ...ordered.map((line) => make("tr", {}, ...kernelHead(line.kernel),
      make("th", { scope: "row", class: "variant" }, line.variant),
      ...types.flatMap((type) => modes.map((mode) => cellOf(line, type, mode)))))));
}

function drawCases() {
  presence("checks", "checks-none", checks.length > 0);
  byId("variants").closest("details").hidden = checks.length === 0;
  const table = longTable(byId("checks"), byId("checks-more"), checkColumns, "Cases, failures first",
    { place: "cases", section: "cases", mark: (r) => (isFailure(r) ? "failed" : undefined) });
  const update = () => {
    const list = failuresFirst(checks.filter(filters.matches));
    byId("check-count").textContent = `${list.length} of ${plural(checks.length, "case", "cases")}`;
    table(list);
  };
  const filters = makeFilters(byId("check-filters"), "cases", "cases", [["kernel", "kernel"],
    ["variant", "variant"], ["dtype", "type"], ["tier", "device"], ["provenance", "provenance"], ["data", "data"],
    ["status", "status"]], checks, (r) => `${caseId(r)} ${r.status} ${r.message || ""}`, () => update());
  const choose = (chosen) => {
    filters.set(chosen);
    byId("cases").scrollIntoView();
    byId("cases-title").focus({ preventScroll: true });
  };
  if (checks.length > 0) drawVariants(choose);
  filters.start();
  return choose;
}

function drawForwards() {
  presence("forwards", "forward-none", forwards.length > 0);
  longTable(byId("forwards"), undefined, forwardColumns, "Whole-model results",
    { place: "model", section: "model", step: Infinity,
      mark: (r) => (isFailure(r) ? "failed" : undefined) })(failuresFirst(forwards));
}
