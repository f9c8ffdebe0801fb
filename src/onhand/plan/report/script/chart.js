// How is a series over time drawn? As vectors that take their colours from the style sheet, so
// that a change of theme, a printer and a narrow screen need nothing more than a redraw of width.
//
// chart(host, spec) with spec:
//   dates    ISO dates, one per period, evenly spaced
//   layers   drawn in order; each has kind, name, style (a class) and values:
//              line {values, step}   null breaks the line
//              band {low, high}
//              bars {values}         from zero
//              caps {values}         a short level line over each period
//              stems {values}        arrivals: an arrow per value above zero
//              flag {on}             shaded periods
//            key: its words in the legend (false: none); under: bands its swatch shows too
//   marks    [{at, text}] vertical rules at the start of a period
//   format   how a value is written
//   firstOnTop  draw the first layer over the others
//   fit      let the scale start above zero; top: a value the scale may not pass
//   hasKey   false: the legend stands elsewhere
//   label    what the chart says, for those who do not see it
const PLOT = { top: 14, right: 10, bottom: 24 };
let patterns = 0;

function chart(host, spec) {
  const plot = html("div", { class: "plot", tabindex: "0", role: "group" });
  plot.setAttribute("aria-label", `${spec.label} Left and right arrows read the values.`);
  const tip = html("div", { class: "tip", role: "status", hidden: true });
  host.append(plot);
  host.append(html("div", { class: "key" }, spec.hasKey === false ? null : legend(spec.layers), numbers(spec)));
  let drawn = 0;
  const draw = () => {
    const width = Math.round(plot.clientWidth);
    if (!width || width === drawn) return;
    drawn = width;
    const figure = picture(spec, width);
    plot.replaceChildren(figure.node, tip);
    follow(plot, tip, figure, spec);
  };
  new ResizeObserver(draw).observe(plot);
  draw();
}

function picture(spec, width) {
  const height = spec.height ?? 210;
  const n = spec.dates.length;
  const [low, high] = extent(spec);
  const ticks = ticksBetween(low, high, height > 150 ? 4 : 3);
  const format = spec.axis ?? spec.format;
  const left = 10 + 6.4 * Math.max(...ticks.map((t) => format(t).length));
  const slot = (width - left - PLOT.right) / n;
  const floor = height - PLOT.bottom;
  const x = (i) => left + (i + 0.5) * slot;
  const y = (v) => floor - ((v - low) / (high - low || 1)) * (floor - PLOT.top);
  const scale = { x, y, slot, left, floor, width, height, low, n };
  const node = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const hatch = `hatch-${++patterns}`;
  node.append(
    svg("defs", {},
      svg("pattern", { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("rect", { width: 6, height: 6, class: "hatch-ground" }),
        svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch-line" }))));
  for (const layer of spec.layers.filter((l) => l.kind === "flag")) {
    node.append(flags(layer, scale, hatch));
  }
  for (const t of ticks) {
    node.append(
      svg("line", { class: t === 0 ? "base" : "grid", x1: left, x2: width - PLOT.right, y1: y(t), y2: y(t) }),
      svg("text", { class: "tick", x: left - 6, y: y(t) + 4, "text-anchor": "end" }, format(t)));
  }
  for (const { at, text } of dateTicks(spec.dates, width - left - PLOT.right)) {
    node.append(svg("text", { class: "tick", x: Math.max(left, x(at) - slot / 2), y: height - 7 }, text));
  }
  // The first line is the one that matters: it is drawn last, over the others.
  const drawn = spec.layers.filter((l) => l.kind !== "flag");
  for (const layer of spec.firstOnTop ? drawn.reverse() : drawn) {
    node.append(SHAPES[layer.kind](layer, scale));
  }
  for (const mark of spec.marks ?? []) node.append(...rule(mark, scale));
  const cursor = svg("line", { class: "cursor", y1: PLOT.top, y2: floor, visibility: "hidden" });
  node.append(cursor);
  return { node, cursor, scale };
}

function extent(spec) {
  const values = spec.layers
    .flatMap((l) => [l.values, l.low, l.high])
    .flatMap((v) => v ?? [])
    .filter(isKnown);
  const max = Math.max(...values, spec.fit ? -Infinity : 0);
  const min = Math.min(...values, spec.fit ? Infinity : 0);
  if (!Number.isFinite(max)) return [0, 1];
  const room = spec.fit ? 0.12 * (max - min || Math.abs(max) || 1) : 0;
  const high = Math.min(max + (spec.fit ? room : 0.06 * (max - min)), spec.top ?? Infinity);
  const low = spec.fit ? Math.max(0, min - room) : min;
  return high > low ? [low, high] : [low, low + 1];
}

// Round numbers inside [low, high], about `count` of them.
function ticksBetween(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9); k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

// Where dates are written: months when there are many periods, else every few periods.
function dateTicks(dates, width) {
  const room = Math.max(1, Math.floor(width / 64));
  const months = dates
    .map((d, at) => ({ at, month: Number(d.slice(5, 7)), year: d.slice(0, 4), key: d.slice(0, 7) }))
    .filter(({ at, key }) => at > 0 && dates[at - 1].slice(0, 7) !== key);
  if (months.length >= 3) {
    const every = [1, 2, 3, 6, 12].find((k) => months.length / k <= room) ?? 12;
    return months
      .filter(({ month }) => (month - 1) % every === 0)
      .map(({ at, month, year }, k) => ({
        at,
        text: k === 0 || month === 1 ? `${MONTHS[month - 1]} ${year}` : MONTHS[month - 1],
      }))
      .filter(({ at }, k, all) => k === 0 || all.length <= room || at > 0);
  }
  const every = Math.ceil(dates.length / room);
  return dates
    .map((d, at) => ({ at, text: `${Number(d.slice(8, 10))} ${MONTHS[Number(d.slice(5, 7)) - 1]}` }))
    .filter(({ at }) => at % every === 0);
}

const round = (v) => Math.round(v * 100) / 100;

// The stretches of indices at which `test` holds.
function runs(n, test) {
  const found = [];
  for (let i = 0; i < n; i++) {
    if (!test(i)) continue;
    const last = found.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else found.push([i, i]);
  }
  return found;
}

function flags(layer, { x, slot, floor, n }, hatch) {
  const group = svg("g", { class: `flag ${layer.style}` });
  for (const [a, b] of runs(n, (i) => layer.on[i])) {
    const box = { x: round(x(a) - slot / 2), width: round((b - a + 1) * slot) };
    if (layer.style === "promotion") {
      group.append(svg("rect", { ...box, y: floor + 2, height: 4 }));
    } else {
      group.append(svg("rect", { ...box, y: PLOT.top, height: floor - PLOT.top, fill: `url(#${hatch})` }));
    }
  }
  return group;
}

function trace(values, step, { x, y, slot, n }) {
  let path = "";
  for (const [a, b] of runs(n, (i) => isKnown(values[i]))) {
    for (let i = a; i <= b; i++) {
      const height = round(y(values[i]));
      if (step) path += `${i === a ? "M" : "L"}${round(x(i) - slot / 2)} ${height}H${round(x(i) + slot / 2)}`;
      else path += `${i === a ? "M" : "L"}${round(x(i))} ${height}`;
    }
    if (a === b && !step) path += "h0.01";
  }
  return path;
}

const SHAPES = {
  line: (layer, scale) =>
    svg("path", { class: `line ${layer.style}`, d: trace(layer.values, layer.step, scale) }),
  band(layer, { x, y, slot, n }) {
    let path = "";
    for (const [a, b] of runs(n, (i) => isKnown(layer.low[i]) && isKnown(layer.high[i]))) {
      const up = [], down = [];
      for (let i = a; i <= b; i++) {
        const sides = layer.step || a === b ? [x(i) - slot / 2, x(i) + slot / 2] : [x(i)];
        for (const side of sides) {
          up.push(`${round(side)} ${round(y(layer.high[i]))}`);
          down.unshift(`${round(side)} ${round(y(layer.low[i]))}`);
        }
      }
      path += `M${[...up, ...down].join("L")}Z`;
    }
    return svg("path", { class: `band ${layer.style}`, d: path });
  },
  bars(layer, { x, y, slot, n }) {
    const wide = Math.max(0.8, slot * 0.72);
    let path = "";
    for (let i = 0; i < n; i++) {
      if (!isKnown(layer.values[i]) || layer.values[i] === 0) continue;
      path += `M${round(x(i) - wide / 2)} ${round(y(0))}V${round(y(layer.values[i]))}h${round(wide)}V${round(y(0))}Z`;
    }
    return svg("path", { class: `bars ${layer.style}`, d: path });
  },
  caps(layer, { x, y, slot, n }) {
    const wide = slot * (slot > 6 ? 0.86 : 1);
    let path = "";
    for (let i = 0; i < n; i++) {
      if (isKnown(layer.values[i])) path += `M${round(x(i) - wide / 2)} ${round(y(layer.values[i]))}h${round(wide)}`;
    }
    return svg("path", { class: `caps ${layer.style}`, d: path });
  },
  stems(layer, { x, y, slot, n, floor }) {
    const group = svg("g", { class: `stems ${layer.style}` });
    for (let i = 0; i < n; i++) {
      if (!(layer.values[i] > 0)) continue;
      const at = round(x(i) - slot / 2 + (layer.style === "proposed" ? Math.min(9, slot * 0.7) : Math.min(4, slot * 0.3)));
      const top = round(Math.min(y(layer.values[i]), floor - 8));
      group.append(
        svg("path", { class: "stem", d: `M${at} ${floor}V${top + 5}` }),
        svg("path", { class: "tip-up", d: `M${at - 3.5} ${top + 6}L${at} ${top}L${at + 3.5} ${top + 6}Z` }));
    }
    return group;
  },
};

function rule({ at, text }, { x, slot, floor, width, left }) {
  const where = round(x(at) - slot / 2);
  const isLate = where > left + (width - left) * 0.62;
  return [
    svg("line", { class: "rule", x1: where, x2: where, y1: PLOT.top - 8, y2: floor }),
    svg("text", { class: "mark", x: where + (isLate ? -5 : 5), y: PLOT.top + 1, "text-anchor": isLate ? "end" : "start" }, text),
  ];
}

// Reading values: pointer, finger or arrow keys move one cursor.
function follow(plot, tip, { cursor, scale }, spec) {
  let at = -1;
  const show = (i) => {
    at = Math.max(0, Math.min(scale.n - 1, i));
    const where = scale.x(at);
    cursor.setAttribute("x1", where);
    cursor.setAttribute("x2", where);
    cursor.setAttribute("visibility", "visible");
    tip.hidden = false;
    tip.replaceChildren(html("b", {}, day(spec.dates[at])), ...readings(spec, at));
    const room = scale.width - where - 14;
    const isLeft = room < tip.offsetWidth && where > room;
    tip.style.left = isLeft ? `${Math.max(0, where - tip.offsetWidth - 12)}px` : `${where + 12}px`;
  };
  const hide = () => {
    at = -1;
    cursor.setAttribute("visibility", "hidden");
    tip.hidden = true;
  };
  plot.onpointermove = (e) => {
    const inside = e.clientX - plot.getBoundingClientRect().left - scale.left;
    if (inside >= 0) show(Math.floor(inside / scale.slot));
  };
  plot.onpointerleave = hide;
  plot.onblur = hide;
  plot.onkeydown = (e) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!move) return;
    e.preventDefault();
    show(at < 0 ? (spec.start ?? 0) : at + move);
  };
}

function readings(spec, at) {
  return spec.layers.flatMap((layer) => {
    const text = reading(layer, at, spec.format);
    return text === null ? [] : [html("span", {}, `${layer.name} `, html("b", {}, text))];
  });
}

function reading(layer, at, format) {
  if (layer.kind === "flag") return layer.on[at] ? "yes" : null;
  if (layer.kind === "band") {
    return isKnown(layer.low[at]) ? `${format(layer.low[at])} to ${format(layer.high[at])}` : null;
  }
  const value = layer.values[at];
  if (layer.kind === "stems" && !(value > 0)) return null;
  return isKnown(value) ? format(value) : null;
}

function legend(layers) {
  const list = html("ul", { class: "legend" });
  for (const layer of layers.filter((l) => l.key !== false)) {
    list.append(html("li", {}, swatch(layer), layer.key ?? layer.name));
  }
  return list;
}

function swatch(layer) {
  const node = svg("svg", { width: 20, height: 12, viewBox: "0 0 20 12", "aria-hidden": "true" });
  for (const style of layer.under ?? []) {
    const height = style === "inner" ? 6 : 12;
    node.append(svg("rect", { class: `band ${style}`, y: 6 - height / 2, width: 20, height }));
  }
  if (layer.kind === "caps") node.append(svg("path", { class: `caps ${layer.style}`, d: "M3 6H17" }));
  if (layer.kind === "line") node.append(svg("path", { class: `line ${layer.style}`, d: "M0 6H20" }));
  if (layer.kind === "band") node.append(svg("path", { class: `band ${layer.style}`, d: "M0 1H20V11H0Z" }));
  if (layer.kind === "bars") {
    node.append(svg("path", { class: `bars ${layer.style}`, d: "M3 12V5H6V12ZM9 12V1H12V12ZM15 12V7H18V12Z" }));
  }
  if (layer.kind === "stems") {
    const group = svg("g", { class: `stems ${layer.style}` });
    group.append(svg("path", { class: "stem", d: "M10 12V5" }), svg("path", { class: "tip-up", d: "M6.5 6L10 0L13.5 6Z" }));
    node.append(group);
  }
  if (layer.kind === "flag") {
    const isPromotion = layer.style === "promotion";
    const group = svg("g", { class: `flag ${layer.style}` });
    if (isPromotion) group.append(svg("rect", { x: 2, y: 4, width: 16, height: 5 }));
    else {
      group.append(
        svg("rect", { class: "hatch-ground", width: 20, height: 12 }),
        svg("path", { class: "hatch-line", d: "M0 6L6 0M2 12L14 0M10 12L20 2" }));
    }
    node.append(group);
  }
  return node;
}

// The same values as a table, made when somebody asks for it.
function numbers(spec) {
  const box = html("details", { class: "numbers" }, html("summary", {}, "Numbers"));
  box.addEventListener("toggle", () => {
    if (!box.open || box.children.length > 1) return;
    const head = html("tr", {}, html("th", { scope: "col" }, "From"),
      ...spec.layers.map((l) => html("th", { scope: "col" }, l.name)));
    const body = html("tbody");
    spec.dates.forEach((date, at) => {
      body.append(html("tr", {}, html("th", { scope: "row" }, day(date)),
        ...spec.layers.map((l) => html("td", {}, reading(l, at, spec.format) ?? ""))));
    });
    box.append(html("div", { class: "scroll", tabindex: "0" },
      html("table", {}, html("thead", {}, head), body)));
  });
  return box;
}
