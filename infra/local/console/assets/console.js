// The page of the console: asks for the state twice a second and draws it.
import { $, draw, make } from "./elements.js";

const EVERY_MS = 500;
// Where regions are on the map of 2000 x 1040 units; a region that is not here is in the lists only.
const PLACES = { "us-east-1": [575, 290], "us-east-2": [550, 285], "us-west-1": [380, 300], "us-west-2": [385, 260], "ca-central-1": [600, 255],
  "sa-east-1": [740, 640], "eu-west-1": [945, 215], "eu-west-2": [970, 220], "eu-west-3": [985, 240], "eu-central-1": [1020, 225],
  "eu-central-2": [1015, 240], "eu-north-1": [1050, 175], "eu-south-1": [1020, 250], "eu-south-2": [960, 270], "af-south-1": [1080, 700],
  "me-south-1": [1255, 340], "me-central-1": [1270, 350], "ap-south-1": [1390, 375], "ap-southeast-1": [1540, 480], "ap-southeast-2": [1780, 700],
  "ap-northeast-1": [1730, 290], "ap-northeast-2": [1680, 285], "ap-east-1": [1590, 365] };

async function change(what, body) {
  const answer = await fetch(what, { method: "POST", headers: { "X-Gatewright-Console": "1", "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const found = await answer.json();
  $("problem").hidden = answer.ok;
  $("problem").textContent = answer.ok ? "" : found.message;
  if (answer.ok) show(found);
}

let world = null;
function drawWorld(found) {
  world = found;
  for (const [code, path] of Object.entries(found.paths)) {
    const land = draw("path", { d: path, class: "land", "data-country": code });
    land.append(draw("title", {}, code));
    $("map").append(land);
  }
  $("map").append(draw("g", { id: "over" }));
}
function middleOf(country) {
  if (world?.dots?.[country]) return world.dots[country];
  const land = document.querySelector(`#map [data-country="${CSS.escape(country)}"]`);
  if (!land) return null;
  if (country === "US") return [460, 290]; // Alaska and Hawaii pull the middle of its box into Canada
  if (country === "FR") return [985, 245]; // and French Guiana that of France into the Atlantic
  const box = land.getBBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}
function showMap(state) {
  const over = $("over");
  if (!over) return;
  const { roads, running } = state.traffic;
  for (const land of document.querySelectorAll("#map .land")) land.classList.toggle("asks", running && land.dataset.country in roads);
  over.replaceChildren();
  const said = [];
  for (const [country, regions] of Object.entries(roads)) {
    const from = middleOf(country);
    for (const [region, many] of Object.entries(regions)) {
      said.push(`${country || "unplaceable"} → ${region || "nobody"}: ${many}`);
      const to = PLACES[region];
      if (!running || !from || !to) continue;
      const bend = Math.min(from[1], to[1]) - Math.abs(from[0] - to[0]) / 6;
      over.append(draw("path", { class: "road", "stroke-width": 3, d: `M${from[0]} ${from[1]}Q${(from[0] + to[0]) / 2} ${bend} ${to[0]} ${to[1]}` }));
    }
  }
  for (const { region, up } of state.places) {
    const at = PLACES[region];
    if (!at) continue;
    over.append(draw("circle", { cx: at[0], cy: at[1], r: 15, class: up ? "region" : "region off" }));
    over.append(draw("text", { x: at[0] - 70, y: at[1] - 26 }, up ? region : `${region} is down`));
  }
  $("roads").textContent = said.join(" · ");
}

function spark(history) {
  const most = Math.max(1, ...history);
  const points = history.map((value, at) => `${(90 * at) / Math.max(history.length - 1, 1)},${21 - (20 * value) / most}`).join(" ");
  const svg = draw("svg", { class: "spark", viewBox: "0 0 90 22", "aria-hidden": "true" });
  svg.append(draw("polyline", { points }));
  return svg;
}
const said = (value, unit) => (value === null || value === undefined ? "–" : `${value} ${unit}`);

function breakerCell(place, service) {
  if (!service.breaker) return make("td", {}, "–");
  const open = service.breaker === "OPEN" || service.breaker === "FORCED_OPEN";
  const verb = open ? "close" : "open";
  const label = `${verb} the breaker of ${service.name} in ${place.region}`;
  const button = make("button", { type: "button", "aria-label": label, "data-key": label.slice(verb.length) }, verb);
  button.onclick = () => change("breaker", { region: place.region, gateway: place.gateway, service: service.name, verb });
  const state = make("span", { class: open ? "bad" : service.breaker === "CLOSED" ? "good" : "warn" }, service.breaker.replace("_", " ").toLowerCase());
  return make("td", {}, state, " ", button);
}
function row(place, service) {
  const bad = service.failed_percent > 1 ? "bad" : "";
  const late = service.p99_ms > service.objective_ms ? "warn" : "";
  return make("tr", {}, make("td", {}, service.name), make("td", {}, spark(service.history ?? [])), make("td", {}, service.per_second),
    make("td", { class: bad }, said(service.failed_percent, "%")), make("td", {}, said(service.refused_percent, "%")),
    make("td", {}, said(service.p50_ms, "ms")), make("td", { class: late }, said(service.p99_ms, "ms")), breakerCell(place, service));
}
function canary(one) {
  const found = [make("h3", {}, `Canary ${one.release}: ${one.percent} % of the traffic`)];
  const arms = Object.entries(one.arms);
  if (!arms.length) return found;
  const most = Math.max(1, ...arms.map(([, arm]) => Math.min(arm.failed_percent[2], 100)));
  const spoken = arms.map(([name, arm]) => `${name}: ${arm.failed_percent[1]} % failed, between ${arm.failed_percent[0]} and ${arm.failed_percent[2]} %`);
  const svg = draw("svg", { class: "arms", viewBox: "0 0 460 64", role: "img", "aria-label": spoken.join("; ") });
  arms.forEach(([name, arm], at) => {
    const y = 16 + 30 * at;
    const [low, middle, high] = arm.failed_percent.map((value) => 70 + (200 * Math.min(value, most)) / most);
    svg.append(draw("text", { x: 0, y: y + 4 }, name), draw("line", { x1: low, x2: high, y1: y, y2: y, class: name }), draw("circle", { cx: middle, cy: y, r: 5, class: name }));
    svg.append(draw("text", { x: 285, y: y + 4 }, `${arm.failed_percent[1]} % of ${arm.requests} failed`));
  });
  const all = arms.reduce((sum, [, arm]) => sum + arm.requests, 0);
  const share = all ? ((100 * one.arms.canary.requests) / all).toFixed(1) : "–";
  return [...found, make("p", {}, `It got ${share} % of ${all} requests. The share that failed, with 95 % intervals that hold at every look:`), svg];
}
function card(place) {
  const label = `switch ${place.region} ${place.up ? "off" : "on"}`;
  const button = make("button", { type: "button", "aria-label": label, "data-key": `switch ${place.region}` }, place.up ? "Switch off" : "Switch on");
  button.onclick = () => change("region", { region: place.region, health: place.up ? "down" : "up" });
  const title = make("h2", {}, `${place.gateway} in ${place.region} `, make("span", { class: place.up ? "good" : "bad" }, place.up ? "up" : "down"));
  const names = ["service", "last minute", "a second", "5xx", "4xx", "p50", "p99", "breaker"];
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...place.services.map((service) => row(place, service))));
  return make("section", { "data-region": place.region }, make("div", { class: "head" }, title, button), make("div", { class: "scroll" }, table), ...(place.canary ? canary(place.canary) : []));
}
function show(state) {
  const focused = document.activeElement?.dataset?.key;
  $("places").replaceChildren(...state.places.map(card));
  if (!state.places.length) $("places").append(make("section", {}, "No gateway is deployed yet: gatewright up"));
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  showMap(state);
  const paths = $("traffic").elements.paths;
  if (!paths.value) paths.value = [...new Set(state.places.flatMap((place) => place.services.map((service) => service.path)))].join(" ");
  const statuses = Object.entries(state.traffic.statuses).map(([status, many]) => `${many} × ${status}`).join(", ");
  $("sent").textContent = `${state.traffic.running ? `running at ${state.traffic.per_second} a second` : "stopped"}${statuses ? `: ${statuses}` : ""}`;
  $("live").textContent = `live · ${new Date(state.now * 1000).toLocaleTimeString()}`;
}

$("traffic").onsubmit = (event) => {
  event.preventDefault();
  const { per_second, countries, addresses, paths, token } = event.target.elements;
  const words = (field) => field.value.trim().split(/[\s,]+/);
  change("traffic", { running: true, per_second: Number(per_second.value), countries: words(countries), addresses: Number(addresses.value), paths: words(paths), token: token.value.trim() });
};
$("stop").onclick = () => change("traffic", { running: false });

async function slowest() {
  const found = await (await fetch("traces.json?most=5")).json();
  const lines = found.traces.map((one) => make("li", {}, make("a", { href: `traces#${encodeURIComponent(one.region)}/${one.id}` }, `${one.ms.toFixed(0)} ms  ${one.what}`), ` ${one.status ?? ""} in ${one.region}`));
  if (!document.activeElement?.closest("#traces")) $("traces").replaceChildren(...(lines.length ? lines : [make("li", {}, "none is recorded in the last quarter of an hour")]));
}
async function watch() {
  for (;;) {
    try {
      if (!document.hidden) show(await (await fetch("state")).json());
    } catch {
      $("live").textContent = "the engine does not answer: gatewright up";
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
fetch("world.json").then((answer) => answer.json()).then(drawWorld).catch(() => {});
watch();
slowest().catch(() => {});
setInterval(() => document.hidden || slowest().catch(() => {}), 4000);
