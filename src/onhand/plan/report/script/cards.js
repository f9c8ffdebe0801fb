// What does an item's card draw? Its past and possible demand, and below its stock.
const nothing = (n) => new Array(n).fill(null);

function demandSpec(card) {
  const { history, fan } = card;
  const past = history.dates.length, ahead = fan.dates.length;
  const before = (values) => [...nothing(past), ...values];
  const after = (values) => [...values, ...nothing(ahead)];
  const layers = [];
  if (history.in_stock.some((v) => v < 0.999)) {
    layers.push({ kind: "flag", name: "Out of stock", style: "out", on: history.in_stock.map((v) => v < 0.999) });
  }
  if (history.promotion.some((v) => v > 0)) {
    layers.push({ kind: "flag", name: "Promotion", style: "promotion", on: history.promotion.map((v) => v > 0) });
  }
  layers.push(
    { kind: "bars", name: "Sold", style: "sales", values: after(history.sales) },
    { kind: "caps", name: "Believed demand", style: "demand", values: after(history.demand) },
    { kind: "band", name: "90% of worlds", key: false, style: "outer", low: before(fan.p05), high: before(fan.p95) },
    { kind: "band", name: "50% of worlds", key: false, style: "inner", low: before(fan.p25), high: before(fan.p75) },
    { kind: "line", name: "Expected", key: "Expected, with 50% and 90% of worlds", under: ["outer", "inner"], style: "expected", values: before(fan.mean) },
  );
  return {
    dates: [...history.dates, ...fan.dates],
    layers,
    marks: [{ at: past, text: "today" }],
    start: past,
    format: units,
    label:
      `${card.title || card.item}: sales from ${day(history.dates[0])} to ${day(history.dates.at(-1))}, ` +
      `then expected demand of ${units(fan.mean[0])} in the first period ahead, ` +
      `between ${units(fan.p05[0])} and ${units(fan.p95[0])} in 90% of worlds.`,
  };
}

// The part of a spec from period `from` on.
function later(spec, from) {
  const cut = (values) => values?.slice(from);
  return {
    ...spec,
    dates: cut(spec.dates),
    layers: spec.layers.map((l) => ({ ...l, values: cut(l.values), low: cut(l.low), high: cut(l.high), on: cut(l.on) }))
      .filter((l) => l.kind !== "flag" || l.on.some(Boolean)),
    marks: spec.marks.map((m) => ({ ...m, at: m.at - from })),
    start: spec.start - from,
  };
}

function stockSpec(card) {
  const p = card.projection;
  const hasOrder = p.proposed.some((v) => v > 0);
  const worlds = (name, key, style, band) => [
    { kind: "band", name: `80% of worlds ${name}`, key: false, style, step: true, low: band.p10, high: band.p90 },
    { kind: "line", name: `Median ${name}`, key, under: [style], style, step: true, values: band.p50 },
  ];
  const layers = hasOrder
    ? [...worlds("without", "Without the order", "without", p.without), ...worlds("with", "With it", "with", p.with)]
    : worlds("", "Median, 80% of worlds", "with", p.without);
  if (p.inbound.some((v) => v > 0)) layers.push({ kind: "stems", name: "Open order", style: "inbound", values: p.inbound });
  if (hasOrder) layers.push({ kind: "stems", name: "This order", style: "proposed", values: p.proposed });
  const out = card.stockout_date ? p.dates.findIndex((d, i) => d <= card.stockout_date && !(p.dates[i + 1] <= card.stockout_date)) : -1;
  return {
    dates: p.dates,
    layers,
    marks: out >= 0 ? [{ at: out, text: "likely out" }] : [],
    format: units,
    label:
      `${card.title || card.item}: median stock ${units(p.with.p50.at(-1))} with the order and ` +
      `${units(p.without.p50.at(-1))} without it on ${day(p.dates.at(-1))}. ` +
      (card.stockout_date ? `Likely to run out by ${day(card.stockout_date)} without it; ` : "") +
      `the risk before the next order can arrive is ${share(card.stockout_probability)}.`,
  };
}

function drawDemand(host, card) {
  const spec = demandSpec(card);
  const ahead = card.fan.dates.length;
  const from = Math.max(0, card.history.dates.length - Math.max(26, 2 * ahead));
  const draw = (isWhole) => {
    [...host.children].forEach((child) => child.tagName !== "FIGCAPTION" && child.remove());
    chart(host, isWhole ? spec : later(spec, from));
  };
  if (from > 0) {
    const button = html("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Whole history");
    button.addEventListener("click", () => {
      const isWhole = button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-pressed", String(isWhole));
      draw(isWhole);
    });
    host.querySelector("figcaption").append(button);
  }
  draw(false);
}
