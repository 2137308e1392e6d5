// Figures as texts, with the rules of the terminal tables (harness/report/text.cpp).
const data = JSON.parse(document.getElementById("data").textContent);
const rows = data.rows;

function threeDigits(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const power = Number(value.toExponential(2).split("e")[1]);  // 9.996 has the power of 10.0
  if (power >= 6 || power < -4) return value.toExponential(2);
  return value.toFixed(Math.max(0, 2 - power));
}

function timeText(seconds) {
  if (seconds === undefined) return "";
  for (const [size, name] of [[1, "s"], [1e-3, "ms"], [1e-6, "µs"]]) {
    if (seconds >= 0.9995 * size) return `${threeDigits(seconds / size)} ${name}`;
  }
  return `${threeDigits(seconds / 1e-9)} ns`;
}

function ratioText(ratio) {
  if (ratio === undefined) return "";
  if (Math.abs(ratio - 1) < 0.005) return "same";
  return ratio < 1 ? `${(1 / ratio).toFixed(2)}× faster` : `${ratio.toFixed(2)}× slower`;
}

const perSecond = (amount, row) =>
  amount !== undefined && row.time_median_seconds > 0 ? amount / row.time_median_seconds : undefined;
const giga = (value) => (value === undefined ? "" : threeDigits(value / 1e9));
const numberText = (value) => (value === undefined ? "" : threeDigits(Number(value)));
// "2 of 11": how many samples were disturbed; empty where the system does not show it.
const disturbedText = (row) => (row.disturbed_samples === undefined ? ""
  : `${row.disturbed_samples} of ${row.samples ?? "?"}`);
const caseId = (row) => `${row.kernel}/${row.variant}/${row.axes}`;

// A variant, and on which virtual device in which order.
const variantText = (row) => row.variant + (row.device ? ` on ${row.device}` : "") +
  (row.schedule_seed === undefined ? "" : ` schedule ${row.schedule_seed}`);

// What bounds a timed case: its bytes or its operations.
function boundBy(row) {
  if (!row.read_bandwidth_bytes_per_second || !row.peak_flops_per_second) return "";
  const memory = (row.bytes || 0) / row.read_bandwidth_bytes_per_second;
  const arithmetic = (row.flops || 0) / row.peak_flops_per_second;
  return memory >= arithmetic ? "memory" : "arithmetic";
}

// A status as a word with a mark, so that no reader depends on the colour.
const statusMarks = {
  passed: ["✓", "good"], incorrect: ["✗", "bad"], failed_recheck: ["✗", "bad"], crashed: ["✗", "bad"],
  timed_out: ["✗", "bad"], unsupported: ["–", "muted"],
};
const isFailure = (row) => row.status !== "passed" && row.status !== "unsupported";

// An element with attributes and children; texts are only ever text.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
function statusElement(status) {
  const [mark, kind] = statusMarks[status];
  return make("span", { class: `status ${kind}` },
    make("span", { "aria-hidden": "true" }, `${mark} `), status.replace("_", " "));
}
// The provenance of a metric.
const kindElement = (provenance) => make("span", { class: `kind ${provenance}` }, provenance);

function bytesText(bytes) {
  for (const [size, name] of [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]]) {
    if (bytes >= size) return `${threeDigits(bytes / size)} ${name}`;
  }
  return `${bytes} B`;
}
const wholeText = (value) => (value === undefined ? "" : value.toLocaleString("en"));
const shareText = (share) => (share === undefined ? "" : `${threeDigits(100 * share)} %`);
// A share of 1 as a bar with its number.
function shareElement(share) {
  if (share === undefined) return make("span", { class: "muted" }, "none");
  const bar = make("span", {});
  bar.style.width = `${Math.min(100, 100 * share)}%`;
  return make("span", { class: "share" }, make("span", { class: "track", "aria-hidden": "true" }, bar),
    make("span", { class: "text" }, shareText(share)));
}
const byId = (id) => document.getElementById(id);
const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
