// The reader's choices are kept in the fragment of the address, so that a link shows the same view:
// #speed?bench.kernel=linear&bench.sort=-time
const state = { section: "", values: new URLSearchParams() };
const recallers = [];

function readAddress() {
  const text = location.hash.slice(1);
  const at = text.indexOf("?");
  state.section = at < 0 ? text : text.slice(0, at);
  state.values = new URLSearchParams(at < 0 ? "" : text.slice(at + 1));
}
function address() {
  const query = state.values.toString();
  return `#${state.section}${query ? `?${query}` : ""}`;
}
const recall = (key) => state.values.get(key) || "";
function remember(key, value, section) {
  if (recall(key) === value) return;
  if (value) state.values.set(key, value); else state.values.delete(key);
  if (section) state.section = section;
  history.replaceState(null, "", address());
}
// `apply` takes the choices of the address over, now and whenever it changes.
function onRecall(apply) {
  recallers.push(apply);
  apply();
}
function goTo(section, behavior = "auto") {
  const target = document.getElementById(section);
  if (!target || !target.closest("main")) return;
  target.scrollIntoView({ behavior });
  target.querySelector("[tabindex='-1']")?.focus({ preventScroll: true });
  document.querySelectorAll("nav a").forEach((a) => {
    if (a.getAttribute("href") === `#${section}`) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  });
}
function startAddress() {
  document.querySelectorAll("nav a, a.skip").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();  // the choices stay
    state.section = link.getAttribute("href").slice(1);
    history.pushState(null, "", address());
    goTo(state.section);
  }));
  window.addEventListener("popstate", () => {
    readAddress();
    recallers.forEach((apply) => apply());
    goTo(state.section);
  });
  // At once, and again when the charts have their sizes.
  if (!state.section) return;
  goTo(state.section, "instant");
  requestAnimationFrame(() => requestAnimationFrame(() => goTo(state.section, "instant")));
}
readAddress();
