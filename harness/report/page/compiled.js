// The largest of some numbers; nothing where there is none.
const most = (values) => (values.length > 0 ? Math.max(...values) : undefined);

// What compilers made of each native kernel: by target, and one by one.
function drawCompiled() {
  const entries = data.compiled;
  presence("targets", undefined, entries.length > 0);
  byId("entries-more-details").hidden = entries.length === 0;
  if (entries.length === 0) {
    byId("compiled-note").textContent = "No metrics of compiled kernels were given (--resources FOLDER).";
    return;
  }
  const group = new Map();
  for (const e of entries) {
    const key = `${e.profile}\n${e.compiler}`;
    if (!group.has(key)) group.set(key, []);
    group.get(key).push(e);
  }
  const targets = [...group.values()].map((list) => ({ profile: list[0].profile, compiler: list[0].compiler,
    count: list.length, spilling: list.filter((e) => e.spilled > 0).length,
    scratch: list.filter((e) => e.scratch > 0).length, registers: Math.max(...list.map((e) => e.registers)),
    lds: most(list.map((e) => e.lds).filter((bytes) => bytes !== undefined)),
    waves: Math.min(...list.map((e) => e.waves)) }));
  const count = (key, title, kind) => numeric(key, title, (t) => wholeText(t[key]), (t) => t[key], kind);
  longTable(byId("targets"), undefined, [
    column("profile", "target", (t) => t.profile, (t) => t.profile),
    column("compiler", "compiler", (t) => t.compiler, (t) => t.compiler),
    count("count", "kernels"), count("spilling", "with spills"), count("scratch", "with scratch"),
    count("registers", "most registers"),
    numeric("lds", "most LDS", (t) => (t.lds === undefined ? "" : bytesText(t.lds)),
      (t) => t.lds ?? -1),
    numeric("waves", "fewest waves per CU (modelled)", (t) => wholeText(t.waves), (t) => t.waves),
  ], "Kernels of each target", { place: "targets", section: "compiled", step: Infinity })(targets);
  const table = longTable(byId("entries"), byId("entries-more"), [
    column("entry", "kernel", (e) => make("code", {}, e.entry), (e) => e.entry),
    column("profile", "target", (e) => e.profile, (e) => e.profile),
    column("compiler", "compiler", (e) => e.compiler, (e) => e.compiler),
    count("registers", "registers"), count("spilled", "spilled"), count("lanes", "scalars in lanes"),
    count("scratch", "scratch B"),
    numeric("lds", "LDS B", (e) => wholeText(e.lds), (e) => e.lds ?? -1),
    numeric("waves", "waves per CU (modelled)", (e) => wholeText(e.waves), (e) => e.waves),
  ], "Compiled kernels", { place: "compiled", section: "compiled", step: 50,
    mark: (e) => (e.spilled > 0 ? "chosen" : undefined) });
  const update = () => {
    const list = entries.filter(filters.matches);
    byId("entry-count").textContent = `${list.length} of ${plural(entries.length, "kernel", "kernels")}`;
    table(list);
    if (["profile", "compiler", "spills", "text", "sort"].some((k) => recall(`compiled.${k}`))) {
      byId("entries-more-details").open = true;
    }
  };
  const filters = makeFilters(byId("entry-filters"), "compiled", "compiled", [["profile", "target"],
    ["compiler", "compiler"], ["spills", "spills", (e) => (e.spilled > 0 ? "some" : "none")]], entries,
    (e) => e.entry, () => update());
  filters.start();
}
