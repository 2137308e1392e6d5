// Tables: the pass matrix, and long tables that sort, filter and show their first rows at first.
function againElement(row) {
  const code = make("code", {}, row.again);
  return make("details", {}, make("summary", {}, "again"), code);
}

// The axes of a case; lines break behind commas alone.
function axesElement(row) {
  const parts = row.axes.split(",").flatMap((part, i) => (i ? [",", make("wbr"), part] : [part]));
  return make("span", { class: "axes" }, ...parts);
}

// A column: heading, class, what a cell shows, and by what it sorts (nothing: it does not).
const column = (title, show, sort, kind = "") => ({ title, show, sort, kind });
const numeric = (title, show, sort) => column(title, show, sort, "number");

const checkColumns = [
  column("status", (r) => statusElement(r.status), (r) => (isFailure(r) ? 0 : 1) + r.status),
  column("kernel", (r) => r.kernel, (r) => r.kernel),
  column("variant", variantText, variantText),
  column("case", axesElement, (r) => r.axes),
  column("data", (r) => r.data || "", (r) => r.data || ""),
  numeric("worst", (r) => (r.data === "exact" ? "" : numberText(r.worst_budget_ratio)),
    (r) => Number(r.worst_budget_ratio ?? -1)),
  numeric("checked", (r) => (r.checked === undefined ? "" : r.checked === r.total
    ? r.total.toLocaleString("en") : `${r.checked.toLocaleString("en")} of ${r.total.toLocaleString("en")}`),
    (r) => r.checked ?? -1),
  column("message", (r) => make("span", { class: "message" }, r.message || ""), undefined),
  column("run it", againElement, undefined),
];

const forwardColumns = [
  checkColumns[0],
  column("model", (r) => r.kernel, (r) => r.kernel),
  column("computed by", (r) => r.variant, (r) => r.variant),
  column("compared", axesElement, (r) => r.axes),
  column("type", (r) => r.dtype || "", (r) => r.dtype || ""),
  ...checkColumns.slice(5),
];

const benchColumns = [
  column("kernel", (r) => r.kernel, (r) => r.kernel),
  column("variant", (r) => r.variant, (r) => r.variant),
  column("case", axesElement, (r) => r.axes),
  column("cache", (r) => r.cache || "", (r) => r.cache || ""),
  numeric("time", (r) => (r.time_median_seconds === undefined
    ? statusElement(r.status) : timeText(r.time_median_seconds) +
      (spread(r) === undefined ? "" : ` ±${spread(r).toFixed(1)} %`)),
    (r) => r.time_median_seconds ?? Infinity),
  numeric("GB/s", (r) => giga(perSecond(r.bytes, r)), (r) => perSecond(r.bytes, r) ?? -1),
  numeric("GFLOP/s", (r) => giga(perSecond(r.flops, r)), (r) => perSecond(r.flops, r) ?? -1),
  numeric("% of floor", (r) => (r.percent_of_floor === undefined ? "" : r.percent_of_floor.toFixed(1)),
    (r) => r.percent_of_floor ?? -1),
  column("bound by", boundBy, boundBy),
  column("to baseline", (r) => (r.ratio_to_baseline === undefined ? ""
    : make("span", { title: r.baseline }, ratioText(r.ratio_to_baseline))),
    (r) => r.ratio_to_baseline ?? Infinity),
  // Where all are of one kind, the note above the table says which.
  ...(new Set(rows.map((r) => r.figure)).size > 1
    ? [column("figure", (r) => r.figure, (r) => r.figure)] : []),
  column("run it", againElement, undefined),
];

// A long table: draw(rows) shows them in the order last chosen, `step` at first.
function longTable(table, more, columns, caption, step = 100) {
  let shown = step, order, falling = false, current = [];
  const body = make("tbody");
  const heads = columns.map((c) => {
    const head = make("th", { scope: "col", class: c.kind });
    if (c.sort) {
      head.append(make("button", { type: "button", onclick: () => {
        falling = order === c ? !falling : false;
        order = c;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        draw(current);
      } }, c.title));
    } else head.append(c.title);
    return head;
  });
  table.append(make("caption", {}, caption), make("thead", {}, make("tr", {}, ...heads)), body);
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  function draw(list) {
    current = list;
    const sorted = order ? [...list].sort((a, b) =>
      (falling ? -1 : 1) * compare(order.sort(a), order.sort(b))) : list;
    body.replaceChildren(...sorted.slice(0, shown).map((row) => make("tr",
      { "data-id": caseId(row), class: isFailure(row) ? "failed" : undefined },
      ...columns.map((c) => make("td", { class: c.kind, "data-label": c.title }, c.show(row))))));
    if (!more) return;
    more.hidden = sorted.length <= shown;
    more.textContent = `Show all ${sorted.length}`;
  }
  if (more) more.addEventListener("click", () => { shown = Infinity; draw(current); });
  window.addEventListener("beforeprint", () => { shown = Math.max(shown, 2000); draw(current); });
  return draw;
}

// Kernel and variant down, storage type and data across; a cell filters the cases when chosen.
function drawMatrix(checks, choose) {
  const types = [...new Set(checks.map((r) => r.dtype || ""))].sort();
  const modes = ["exact", "real"].filter((m) => checks.some((r) => r.data === m));
  const lines = new Map();
  for (const row of checks) lines.set(`${row.kernel}\n${row.variant}`, row);
  const heads = types.flatMap((t) => modes.map((m) =>
    make("th", { scope: "col" }, `${t} `, make("span", { class: "mode" }, m))));
  const variants = (kernel) => [...lines.values()].filter((l) => l.kernel === kernel).length;
  const named = new Set();
  const kernelHead = (kernel) => {  // once for all its variants
    if (named.has(kernel)) return [];
    named.add(kernel);
    return [make("th", { scope: "rowgroup", rowspan: String(variants(kernel)) }, kernel)];
  };
  const ordered = [...lines.values()].sort((a, b) => (a.kernel < b.kernel ? -1 : a.kernel > b.kernel ? 1 : 0));
  const body = ordered.map((line) => {
    const cells = types.flatMap((type) => modes.map((mode) => {
      const here = checks.filter((r) => r.kernel === line.kernel && r.variant === line.variant &&
        (r.dtype || "") === type && r.data === mode);
      if (here.length === 0) return make("td", { class: "muted" }, "");
      const ran = here.filter((r) => r.status !== "unsupported");
      const passed = ran.filter((r) => r.status === "passed").length;
      const kind = ran.length === 0 ? "muted" : passed === ran.length ? "good" : "bad";
      const text = ran.length === 0 ? "– unsupported"
        : `${passed === ran.length ? "✓" : "✗"} ${passed}/${ran.length}`;
      return make("td", {}, make("button", { type: "button", class: `cell ${kind}`,
        "aria-label": `${line.kernel} ${line.variant} ${type} ${mode}: ${passed} of ${ran.length} passed`,
        onclick: () => choose({ kernel: line.kernel, variant: line.variant, dtype: type, data: mode }) },
        text));
    }));
    return make("tr", {}, ...kernelHead(line.kernel),
      make("th", { scope: "row", class: "variant" }, line.variant), ...cells);
  });
  byId("matrix").append(make("caption", {}, "Passed / ran"),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "kernel"),
      make("th", { scope: "col" }, "variant"), ...heads)), make("tbody", {}, ...body));
}

// A labelled choice among the values that the rows have, and a search field.
function makeFilters(form, keys, list, changed) {
  const controls = {};
  for (const [key, label] of keys) {
    const values = [...new Set(list.map((r) => r[key] || ""))].filter((v) => v !== "").sort();
    if (values.length < 2) continue;
    const select = make("select", { id: `${form.id}-${key}`, onchange: changed },
      make("option", { value: "" }, "all"), ...values.map((v) => make("option", { value: v }, v)));
    controls[key] = select;
    form.append(make("label", { for: select.id }, label), select);
  }
  const search = make("input", { type: "search", id: `${form.id}-text`, oninput: changed });
  form.append(make("label", { for: search.id }, "text"), search,
    make("button", { type: "reset" }, "Clear"));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  const matches = (row) =>
    Object.entries(controls).every(([key, select]) => !select.value || row[key] === select.value) &&
    `${caseId(row)} ${row.status} ${row.message || ""}`.toLowerCase()
      .includes(search.value.trim().toLowerCase());
  const set = (values) => {
    form.querySelectorAll("select").forEach((s) => { s.value = ""; });
    search.value = "";
    for (const [key, value] of Object.entries(values)) if (controls[key]) controls[key].value = value;
    changed();
  };
  return { matches, set };
}
