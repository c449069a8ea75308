// Traces: the slowest requests, and the one in the address (#region/id) as a waterfall.
import { $, draw, make } from "./elements.js";

const EVERY_MS = 2000;
const WIDE = 1180, NAMES = 330, FIGURES = 250, ROW = 25, TOP = 26;

const spoken = (ms) => (ms >= 10000 ? `${(ms / 1000).toFixed(1)} s` : ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`);
const addressOf = (one) => `#${encodeURIComponent(one.region)}/${one.id}`;
function chosen() {
  const [region, id] = location.hash.slice(1).split("/");
  return id ? { region: decodeURIComponent(region), id } : region ? { region: "", id: region } : null;
}
function told(problem) {
  $("problem").hidden = !problem;
  $("problem").textContent = problem;
}

function row(one, current) {
  const link = make("a", { href: addressOf(one), "data-key": one.id, "aria-label": `trace of ${one.what}, ${spoken(one.ms)}` }, one.id.slice(11, 23));
  const status = make("td", { class: one.wrong ? "bad" : "" }, one.status ?? one.wrong ?? "–");
  const cells = [make("td", {}, one.what), make("td", {}, spoken(one.ms)), status, make("td", {}, one.region), make("td", {}, new Date(one.at * 1000).toLocaleTimeString()), make("td", {}, link)];
  return make("tr", { class: current?.id === one.id ? "chosen" : "" }, ...cells);
}
async function list() {
  const { find, minutes } = $("choice").elements;
  const asked = new URLSearchParams({ find: find.value, minutes: minutes.value, most: 20 });
  const found = await (await fetch(`traces.json?${asked}`)).json();
  const current = chosen(), focused = document.activeElement?.dataset?.key;
  $("rows").replaceChildren(...found.traces.map((one) => row(one, current)));
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  $("many").textContent = found.recorded
    ? `${found.found} of ${found.recorded} recorded requests fit. Recorded are the first of each second and one in twenty of the rest, where the stage traces; with otlp, the share that gateway.yaml names.`
    : "Nothing is recorded yet. Stages record with tracing: xray in gateway.yaml; with otlp, functions send their spans here.";
  $("live").textContent = `live · ${new Date().toLocaleTimeString()}`;
  if (!current && found.traces.length) history.replaceState(null, "", addressOf(found.traces[0])), await show();
}

function grid(svg, until, scale, height) {
  for (let step = 0; step <= 4; step += 1) {
    const x = NAMES + (scale * until * step) / 4;
    svg.append(draw("line", { x1: x, x2: x, y1: TOP - 6, y2: height, class: "axis" }));
    svg.append(draw("text", { x, y: 13, class: "soft", "text-anchor": step === 4 ? "end" : step ? "middle" : "start" }, spoken((until * step) / 4)));
  }
}
function bar(svg, span, at, scale) {
  const y = TOP + ROW * at, group = draw("g", { class: span.wrong ? "bad" : "" });
  const name = `${{ call: "→ ", lambda: "Lambda: " }[span.kind] ?? ""}${span.name}`, indent = Math.min(14 * span.depth, 140);
  const fits = Math.floor((NAMES - indent - 12) / 7.2);
  const label = draw("text", { x: indent, y: y + 15 }, name.length > fits ? `${name.slice(0, fits - 1)}…` : name);
  const notes = Object.entries(span.annotations).map(([key, value]) => `${key} ${value}`).join(", ");
  const words = [span.kind, span.status, span.wrong, notes].filter(Boolean).join(" · ");
  group.append(draw("title", {}, `${span.name} (${words}): ${spoken(span.ms)}, itself ${spoken(span.own_ms)}`), label);
  group.append(draw("rect", { x: NAMES + scale * span.after_ms, y: y + 4, width: Math.max(scale * span.ms, 1.5), height: 14, rx: 2, class: "all" }));
  for (const [after, ms] of span.own) group.append(draw("rect", { x: NAMES + scale * after, y: y + 4, width: Math.max(scale * ms, 0.5), height: 14, rx: 1, class: "own" }));
  const figures = `${spoken(span.ms)}${span.own_ms > 0 ? `, itself ${spoken(span.own_ms)}` : ""}`;
  group.append(draw("text", { x: WIDE - FIGURES + 12, y: y + 15, class: span.wrong ? "wrong" : "" }, [figures, span.wrong ?? ""].join(" ").trim()));
  svg.append(group);
}
function waterfall(found) {
  const spans = found.spans.filter((span) => span.name !== "Overhead" || span.ms >= 0.05); // Lambda's own, and nothing
  const svg = $("waterfall"), until = Math.max(found.until_ms, 0.001), height = TOP + ROW * spans.length + 4;
  const scale = (WIDE - NAMES - FIGURES) / until;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${height}`);
  svg.setAttribute("aria-label", `Waterfall of ${found.spans.length} spans in ${spoken(found.until_ms)}: ${found.where.map((part) => `${part.name} ${spoken(part.ms)}`).join(", ")}`);
  grid(svg, until, scale, height);
  spans.forEach((span, at) => bar(svg, span, at, scale));
}
async function show() {
  const current = chosen();
  if (!current) return;
  const answer = await fetch(`trace.json?${new URLSearchParams(current)}`), found = await answer.json();
  told(answer.ok ? "" : found.message);
  $("chosen").hidden = !answer.ok;
  if (!answer.ok) return;
  const path = found.url ? new URL(found.url, location).pathname : found.spans[0].name;
  $("about").replaceChildren(make("b", {}, `${found.method ?? ""} ${path}`.trim()), ` took ${spoken(found.duration_ms)} in ${found.region} · `, make("code", {}, `gatewright trace ${found.id} --region ${found.region}`));
  waterfall(found);
  $("where").replaceChildren(...found.where.map((part) => make("li", {}, make("b", {}, spoken(part.ms)), ` ${part.name} (${Math.round((100 * part.ms) / Math.max(found.duration_ms, 0.001))} %)`)));
  for (const link of document.querySelectorAll("#rows a")) link.closest("tr").classList.toggle("chosen", link.dataset.key === found.id);
}
async function attempt(work) {
  try {
    await work();
  } catch {
    $("live").textContent = "the engine does not answer: gatewright up";
  }
}
$("choice").onsubmit = (event) => event.preventDefault();
$("choice").oninput = () => attempt(list);
window.onhashchange = () => attempt(show);
async function watch() {
  await attempt(show);
  for (;;) {
    if (!document.hidden) await attempt(list);
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
watch();
