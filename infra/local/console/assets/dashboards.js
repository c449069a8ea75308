// The dashboards that are deployed on this machine, drawn as CloudWatch lays them out.
import { $, draw, make } from "./elements.js";

const EVERY_MS = 10000;
const WIDE = 480, HIGH = 190, LEFT = 46, RIGHT = 10, TOP = 10, BELOW = 20;
// Told apart also by those who see no red or green (Okabe and Ito); a ninth line begins anew with dashes.
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#7f7f7f"];

const spoken = (value) => (Math.abs(value) >= 10000 ? `${+(value / 1000).toPrecision(4)}k` : String(+value.toPrecision(5)));
const clock = (epoch) => new Date(epoch * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const look = (at) => ({ stroke: COLORS[at % COLORS.length], "stroke-dasharray": at >= COLORS.length ? "6 3" : "none" });

// The smallest step of 1, 2 or 5 that leaves at most four lines.
function ticks(low, high) {
  const rough = (high - low) / 4 || 1;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * [1, 2, 5, 10].find((one) => one * ten >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1000; at += step) found.push(+at.toPrecision(12));
  return found;
}
function range(widget) {
  const values = [...widget.lines.flatMap((line) => line.points.map(([, value]) => value)), ...widget.marks.map((mark) => mark.value)];
  const high = widget.axis.max ?? Math.max(0, ...values);
  const low = widget.axis.min ?? Math.min(high, ...values);
  return high > low ? [low, high + (widget.axis.max === undefined ? (high - low) * 0.08 : 0)] : [Math.min(low, 0), Math.max(high, 1)];
}
function graph(widget, board) {
  const [low, high] = range(widget);
  const x = (at) => LEFT + ((WIDE - LEFT - RIGHT) * (at - board.start)) / (board.end - board.start);
  const y = (value) => HIGH - BELOW - ((HIGH - BELOW - TOP) * (Math.max(low, Math.min(high, value)) - low)) / (high - low);
  const said = widget.lines.map((line) => `${line.label}: ${line.points.length ? spoken(line.points.at(-1)[1]) : "no data"}`).join(", ");
  const svg = draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${widget.title} ${said}` });
  for (const value of ticks(low, high)) {
    svg.append(draw("line", { class: "axis", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) }), draw("text", { class: "scale", x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, spoken(value)));
  }
  svg.append(draw("text", { class: "scale", x: LEFT, y: HIGH - 5 }, clock(board.start)), draw("text", { class: "scale", x: WIDE - RIGHT, y: HIGH - 5, "text-anchor": "end" }, clock(board.end)));
  for (const mark of widget.marks) {
    svg.append(draw("line", { class: "mark", x1: LEFT, x2: WIDE - RIGHT, y1: y(mark.value), y2: y(mark.value) }), draw("text", { class: "scale", x: LEFT + 4, y: y(mark.value) - 4 }, mark.label ?? ""));
  }
  widget.lines.forEach((line, at) => {
    const points = line.points.map(([when, value]) => `${x(when).toFixed(1)},${y(value).toFixed(1)}`);
    svg.append(draw("polyline", { points: points.join(" "), fill: "none", "stroke-width": 2, ...look(at) }));
    if (points.length < 30) for (const point of points) svg.append(draw("circle", { cx: point.split(",")[0], cy: point.split(",")[1], r: 2.5, fill: look(at).stroke }));
  });
  const legend = widget.lines.map((line, at) => {
    const swatch = draw("svg", { viewBox: "0 0 18 8", width: 18, height: 8 });
    swatch.append(draw("line", { x1: 0, x2: 18, y1: 4, y2: 4, "stroke-width": 3, ...look(at) }));
    swatch.classList.add("swatch");
    return make("li", {}, swatch, ` ${line.label} `, make("b", {}, line.points.length ? spoken(line.points.at(-1)[1]) : "–"));
  });
  const unit = widget.axis.label ?? "";
  const empty = widget.problem ?? (widget.lines.some((line) => line.points.length) ? "" : "No data in this time.");
  return make("section", {}, make("h3", {}, widget.title, ...(unit ? [make("span", { class: "unit" }, ` ${unit}`)] : [])), svg, make("ul", { class: "legend" }, ...legend), ...(empty ? [make("p", { class: "empty" }, empty)] : []));
}
// As much of Markdown as dashboards use: headings, lists, and words in bold.
function words(text) {
  return text.split("**").map((part, at) => (at % 2 ? make("strong", {}, part) : part));
}
function text(widget) {
  const box = make("section", { class: "note" });
  for (const line of widget.text.split("\n")) {
    const heading = /^#+ (.*)/.exec(line);
    if (heading) box.append(make("h2", {}, heading[1]));
    else if (/^[-*] /.test(line)) {
      if (box.lastChild?.nodeName !== "UL") box.append(make("ul"));
      box.lastChild.append(make("li", {}, ...words(line.slice(2))));
    } else if (line.trim()) box.append(make("p", {}, ...words(line)));
  }
  return box;
}
function alarms(widget) {
  const list = widget.alarms.map(({ name, state, why }) => {
    const shown = { ALARM: ["bad", "alarm"], OK: ["good", "ok"], INSUFFICIENT_DATA: ["warn", "no data yet"], GONE: ["warn", "gone"] }[state] ?? ["warn", state];
    return make("li", { title: why }, make("span", { class: shown[0] }, shown[1]), ` ${name}`);
  });
  return make("section", {}, make("h3", {}, widget.title), make("ul", { class: "legend" }, ...list));
}
const DRAWN = { graph, text, alarm: alarms, other: (widget) => make("section", {}, make("h3", {}, widget.title), make("p", { class: "empty" }, "Only AWS draws this one.")) };

function show(board) {
  $("board").replaceChildren(...board.widgets.map((widget) => {
    const box = DRAWN[widget.type](widget, board);
    box.style.gridColumn = `${(widget.x ?? 0) + 1} / span ${widget.width ?? 24}`;
    return box;
  }));
  $("live").textContent = `${board.region} · ${clock(board.start)} to ${clock(board.end)}`;
}
function complain(message) {
  $("problem").hidden = !message;
  $("problem").textContent = message;
}
async function load() {
  const { which, minutes } = $("choice").elements;
  if (!which.value) return complain("No dashboard is deployed yet: gatewright up");
  const [region, name] = which.value.split("/");
  const answer = await fetch(`dashboard.json?${new URLSearchParams({ region, name, minutes: minutes.value })}`);
  const found = await answer.json();
  complain(answer.ok ? "" : found.message);
  if (answer.ok) show(found);
}
async function watch() {
  const { which } = $("choice").elements;
  try {
    const { dashboards } = await (await fetch("dashboards.json")).json();
    which.replaceChildren(...dashboards.map(({ region, name }) => make("option", { value: `${region}/${name}` }, name)));
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (dashboards.some(({ region, name }) => `${region}/${name}` === wanted)) which.value = wanted;
  } catch {
    // The loop says it.
  }
  for (;;) {
    try {
      if (!document.hidden) await load();
    } catch {
      $("live").textContent = "the engine does not answer: gatewright up";
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
$("choice").onchange = () => {
  location.hash = encodeURIComponent($("choice").elements.which.value);
  load();
};
watch();
