// Long tables that sort, filter and show their first rows at first, and what their cells hold.
function rerunElement(row) {
  if (row.repro_command === undefined) return "";
  return make("details", {}, make("summary", {}, "rerun"), make("code", {}, row.repro_command));
}

// The axes of a case; lines break behind commas alone.
function axesText(axes) {
  const parts = axes.split(",").flatMap((part, i) => (i ? [",", make("wbr"), part] : [part]));
  return make("span", { class: "axes" }, ...parts);
}
const axesElement = (row) => axesText(row.axes);

// A column: its key in the address, heading, what a cell shows, by what it sorts (nothing: it does
// not). The value that a cell sorts by stands in it as data-value, in full.
const column = (key, title, show, sort, kind = "") => ({ key, title, show, sort, kind });
const numeric = (key, title, show, sort) => column(key, title, show, sort, "number");

const compareValues = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// draw(rows) shows them in the order last chosen, `step` at first. `place` names the table in the
// address, `section` where it stands.
function longTable(table, more, columns, caption, { place, section, step = 100, mark } = {}) {
  let shown = step, current = [];
  const body = make("tbody");
  const order = () => {
    const text = recall(`${place}.sort`);
    const falling = text.startsWith("-");
    return { by: columns.find((c) => c.sort && c.key === (falling ? text.slice(1) : text)), falling };
  };
  const heads = columns.map((c) => {
    const head = make("th", { scope: "col", class: c.kind || undefined });
    if (!c.sort) {
      head.append(c.title);
      return head;
    }
    head.append(make("button", { type: "button", onclick: () => {
      const { by, falling } = order();
      remember(`${place}.sort`, by === c && !falling ? `-${c.key}` : c.key, section);
      draw(current);
    } }, c.title));
    return head;
  });
  table.append(make("caption", {}, caption), make("thead", {}, make("tr", {}, ...heads)), body);
  const cell = (c, row) => {
    const value = c.sort && c.kind === "number" ? c.sort(row) : undefined;
    return make("td", { class: c.kind || undefined, "data-label": c.title, "data-key": c.key,
      "data-value": value === undefined || value === Infinity || value < 0 ? undefined : String(value) },
    c.show(row));
  };
  function draw(list) {
    current = list;
    const { by, falling } = order();
    heads.forEach((head, i) => {
      if (columns[i] === by) head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const sorted = by ? [...list].sort((a, b) =>
      (falling ? -1 : 1) * compareValues(by.sort(a), by.sort(b))) : list;
    body.replaceChildren(...sorted.slice(0, shown).map((row) => make("tr",
      { "data-id": row.axes && row.variant ? caseId(row) : undefined, class: mark?.(row) },
      ...columns.map((c) => cell(c, row)))));
    if (!more) return;
    more.hidden = sorted.length <= shown;
    more.textContent = `Show all ${sorted.length}`;
  }
  if (more) more.addEventListener("click", () => { shown = Infinity; draw(current); });
  window.addEventListener("beforeprint", () => { shown = Math.max(shown, 400); draw(current); });
  return draw;
}

// A labelled choice among the values that the rows have, and a search field; both live in the
// address under `place`. `keys`: name, label and how a row gives its value.
function makeFilters(form, place, section, keys, list, text, changed) {
  const controls = new Map();
  for (const [key, label, of = (r) => r[key]] of keys) {
    const values = [...new Set(list.map((r) => of(r) ?? ""))].filter((v) => v !== "").sort();
    if (values.length < 2) continue;
    const select = make("select", { id: `${form.id}-${key}`, onchange: () => chosen() },
      make("option", { value: "" }, "all"), ...values.map((v) => make("option", { value: v }, v)));
    controls.set(key, { select, of });
    form.append(make("label", { for: select.id }, label), select);
  }
  const search = make("input", { type: "search", id: `${form.id}-text`, oninput: () => chosen() });
  if (text) form.append(make("label", { for: search.id }, "text"), search);
  if (text || controls.size > 0) form.append(make("button", { type: "reset" }, "Clear"));
  function chosen() {
    for (const [key, { select }] of controls) remember(`${place}.${key}`, select.value, section);
    remember(`${place}.text`, search.value.trim(), section);
    changed();
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(chosen));
  const matches = (row) =>
    [...controls.values()].every(({ select, of }) => !select.value || (of(row) ?? "") === select.value) &&
    (!text || text(row).toLowerCase().includes(search.value.trim().toLowerCase()));
  const set = (values) => {
    for (const [key, { select }] of controls) select.value = values[key] ?? "";
    search.value = values.text ?? "";
    chosen();
  };
  // To be called once the rest of the part is there: it draws.
  const start = () => onRecall(() => {
    for (const [key, { select }] of controls) {
      select.value = recall(`${place}.${key}`);
      if (select.selectedIndex < 0) select.value = "";  // a link to a value that is not here
    }
    search.value = recall(`${place}.text`);
    changed();
  });
  return { matches, set, start };
}

// Shows a part's table or the sentence that says that there is none.
function presence(table, none, there) {
  byId(table).closest(".scroll").hidden = !there;
  if (none) byId(none).hidden = there;
}
