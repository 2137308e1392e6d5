// Parts that all charts share. The table beside a chart has the same numbers.
const haveCharts = typeof Chart !== "undefined";
const kernelColours = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8", "--c9"];
const kernelPoints = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot", "rectRounded", "dash"];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const nth = (list, i) => list[i % list.length];
const narrow = () => window.innerWidth < 700;
const drawn = {};
const redraws = [];  // after a change of colours, and on paper

function axis(title, extra = {}) {
  return { title: { display: true, text: title, color: colour("--ink") }, ticks: { color: colour("--soft") },
    grid: { color: colour("--line") }, ...extra, ...(extra.ticks ? { ticks: { color: colour("--soft"),
      ...extra.ticks } } : {}) };
}

// A logarithmic axis with a line and a number at each power of ten.
function logAxis(title, extra = {}) {
  const isDecade = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  return axis(title, { type: "logarithmic", ...extra,
    grid: { color: ({ tick }) => (tick && isDecade(tick.value) ? colour("--line") : "transparent") },
    ticks: { callback: (value) => (isDecade(value) ? String(+value.toPrecision(6)) : ""), maxRotation: 0 } });
}

function draw(id, config, description) {
  drawn[id]?.destroy();
  byId(id).setAttribute("role", "img");
  byId(id).setAttribute("aria-label", description);
  drawn[id] = new Chart(byId(id), config);
}

const legend = (extra = {}) => ({ position: "bottom", labels: { color: colour("--ink"), usePointStyle: true,
  boxHeight: 7, ...extra } });
const steady = { responsive: true, maintainAspectRatio: false, animation: false };

// Vertical line at the value that matters: 100 % or the baseline.
const markLine = (value) => ({ id: "mark", afterDatasetsDraw: ({ ctx, chartArea, scales }) => {
  const x = scales.x.getPixelForValue(value);
  if (x < chartArea.left || x > chartArea.right) return;
  ctx.save();
  ctx.strokeStyle = colour("--ink");
  ctx.setLineDash([4, 3]);
  ctx.beginPath();
  ctx.moveTo(x, chartArea.top);
  ctx.lineTo(x, chartArea.bottom);
  ctx.stroke();
  ctx.restore();
} });

// Quartiles as whiskers: points that carry low and high.
const whiskers = { id: "whiskers", afterDatasetsDraw: (chart) => {
  const { ctx, scales, chartArea } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
  ctx.clip();
  chart.data.datasets.forEach((set, i) => {
    if (!chart.isDatasetVisible(i)) return;
    ctx.strokeStyle = set.borderColor;
    for (const point of set.data) {
      if (point.low === undefined || point.high === undefined) continue;
      const x = scales.x.getPixelForValue(point.x);
      const [low, high] = [scales.y.getPixelForValue(point.low), scales.y.getPixelForValue(point.high)];
      ctx.beginPath();
      ctx.moveTo(x, low);
      ctx.lineTo(x, high);
      for (const y of [low, high]) { ctx.moveTo(x - 4, y); ctx.lineTo(x + 4, y); }
      ctx.stroke();
    }
  });
  ctx.restore();
} };

function redrawAll() { redraws.forEach((again) => again()); }
// Draws now and whenever colours change; a page without Chart.js draws none.
function chartPart(drawIt) {
  if (!haveCharts) return;
  redraws.push(drawIt);
}
