// Puts the page together from the embedded records.
window.addEventListener("error", (event) => {
  byId("fault").hidden = false;
  byId("fault").textContent = `The page's script failed: ${event.message}`;
});

function drawEnvironments() {
  byId("environments").append(...data.environments.map((environment, i) => {
    const lines = Object.entries(environment).map(([key, value]) =>
      make("tr", {}, make("th", { scope: "row" }, key.replace("_", " ")), make("td", {}, String(value))));
    const used = rows.filter((r) => r.environment === i).length;
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Environment ${i + 1}` },
      make("table", {}, make("caption", {}, `Environment of ${plural(used, "row", "rows")}`),
        make("tbody", {}, ...lines)));
  }));
  if (data.command) {
    byId("command").append(make("h3", {}, "Rerun of all results"),
      make("pre", { tabindex: "0" }, make("code", {}, data.command)));
  }
}

// The system's colours, or those that the reader chose.
function startTheme() {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const buttons = [...document.querySelectorAll(".theme button")];
  const apply = () => {
    const chosen = ["light", "dark"].includes(recall("theme")) ? recall("theme") : "";
    document.documentElement.dataset.theme = chosen || (system.matches ? "dark" : "light");
    buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.choice === chosen)));
    redrawAll();
  };
  buttons.forEach((b) => b.addEventListener("click", () => { remember("theme", b.dataset.choice); apply(); }));
  system.addEventListener("change", apply);
  const paper = (on) => () => { document.documentElement.classList.toggle("paper", on); redrawAll(); };
  window.addEventListener("beforeprint", paper(true));
  window.addEventListener("afterprint", paper(false));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if ((width < 700) !== narrow()) redrawAll();  // labels have other room
    width = window.innerWidth;
  });
  onRecall(apply);
}

drawHeadline();
drawMatrix(drawCases());
drawForwards();
drawCurves();
drawCaches();
drawSpeed();
drawComparedCases();
drawNatives();
drawPortability();
drawCompared();
drawHistory();
drawCompiled();
drawEnvironments();
startTheme();
startAddress();
