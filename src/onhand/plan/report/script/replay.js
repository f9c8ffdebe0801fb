// What does the replay draw? Each policy over time, and the gap in money with its interval.
const RIVALS = ["ours", "rival-1", "rival-2", "rival-3", "rival-4", "rival-5"];

function contenderLayers(values) {
  return Object.entries(page.replay.contenders)
    .map(([name, c], k) => ({ kind: "line", name: c.label, style: RIVALS[Math.min(k, RIVALS.length - 1)], values: values(c, name) }));
}

function replaySpec(values, what, format, rest = {}) {
  const layers = contenderLayers(values);
  const last = layers.map((l) => `${l.name} ${format(l.values.at(-1))}`).join(", ");
  return { dates: page.replay.dates, layers, format, height: 230, firstOnTop: true, hasKey: false, label: `${what}; at the end: ${last}.`, ...rest };
}

function drawCost(host) {
  byId("replay-key").append(legend(contenderLayers((c) => c.cost)));
  const draw = (isSum) => {
    [...host.children].forEach((child) => child.tagName !== "FIGCAPTION" && child.remove());
    chart(host, replaySpec((c) => (isSum ? c.cumulative : c.cost), isSum ? "Cost so far" : `Cost of each ${page.shop.frequency}`, money));
  };
  const caption = host.querySelector("figcaption");
  const button = html("button", { type: "button", class: "quiet", "aria-pressed": "false" }, `Each ${page.shop.frequency}`);
  button.addEventListener("click", () => {
    const isSum = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!isSum));
    caption.firstChild.textContent = isSum ? "Cost, running sum" : `Cost of each ${page.shop.frequency}`;
    draw(isSum);
  });
  caption.append(button);
  draw(true);
}

const drawFill = (host) =>
  chart(host, replaySpec((c) => c.fill, "Demand met from stock", rate, { fit: true, top: 1, axis: rate }));

const drawInventory = (host) =>
  chart(host, replaySpec((c) => c.inventory_value, "Value of stock on hand", money));

// One row per rival: a dot for the gap, a whisker for its interval, zero as the line to clear.
function drawMargins(host) {
  const rows = Object.entries(page.replay.differences);
  const ends = rows.flatMap(([, d]) => [d.low, d.high, d.mean]);
  const low = Math.min(0, ...ends), high = Math.max(0, ...ends);
  const label = rows.map(([name, d]) => `${labelOf(name)}: ${money(d.mean)}, from ${money(d.low)} to ${money(d.high)}`).join("; ");
  const plot = html("div", { class: "plot", role: "img", "aria-label": `How much dearer each rival was. ${label}.` });
  host.append(plot);
  let drawn = 0;
  const draw = () => {
    const width = Math.round(plot.clientWidth);
    if (!width || width === drawn) return;
    drawn = width;
    plot.replaceChildren(whiskers(rows, width, low, high));
  };
  new ResizeObserver(draw).observe(plot);
  draw();
}

const labelOf = (name) => page.replay.contenders[name]?.label ?? name;

function whiskers(rows, width, low, high) {
  const isNarrow = width < 620;
  const left = isNarrow ? 8 : 250, right = isNarrow ? 12 : 24, tall = isNarrow ? 50 : 34;
  const height = rows.length * tall + 42;
  const x = (v) => left + ((v - low) / (high - low || 1)) * (width - left - right);
  const node = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  for (const t of ticksBetween(low, high, isNarrow ? 3 : 6)) {
    node.append(
      svg("line", { class: t === 0 ? "rule" : "grid", x1: x(t), x2: x(t), y1: 4, y2: height - 38 }),
      svg("text", { class: "tick", x: x(t), y: height - 22, "text-anchor": "middle" }, money(t)));
  }
  node.append(
    svg("text", { class: "tick", x: Math.max(left, x(0) - 8), y: height - 5, "text-anchor": x(0) - left > 90 ? "end" : "start", visibility: x(0) - left > 90 ? "visible" : "hidden" }, "← default dearer"),
    svg("text", { class: "tick", x: x(0) + 8, y: height - 5 }, "default cheaper →"));
  rows.forEach(([name, d], k) => {
    const y = k * tall + (isNarrow ? 32 : 20);
    const isClear = d.low > 0 || d.high < 0;
    node.append(
      svg("text", { class: "name", x: isNarrow ? left : left - 14, y: isNarrow ? y - 14 : y + 4, "text-anchor": isNarrow ? "start" : "end" }, labelOf(name)),
      svg("path", { class: "whisker", d: `M${x(d.low)} ${y}H${x(d.high)}M${x(d.low)} ${y - 5}V${y + 5}M${x(d.high)} ${y - 5}V${y + 5}` }),
      svg("circle", { class: isClear ? `dot clear ${d.high < 0 ? "dearer" : "cheaper"}` : "dot", cx: x(d.mean), cy: y, r: 5 }));
  });
  return node;
}
