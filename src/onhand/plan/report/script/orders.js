// What is behind an order line, and how does the list leave the page?
function why(order) {
  const box = html("div", { class: "reason" });
  box.append(html("p", { class: "sentence" }, order.sentence));
  const demand = order.reason.demand_over_protection_interval;
  const left = html("div", { class: "sum" }, html("h4", {}, "The quantity, step by step"), steps(order.steps));
  const quantile = order.reason.quantile;
  left.append(html("p", { class: "note" },
    `Until the next order can arrive, customers want ${units(demand.mean)} on average, ${units(demand.p50)} in the middle world` +
    (isKnown(quantile) ? ` and at most ${units(demand.target)} in ${share(quantile)} of worlds. ` : ". ") +
    `${units(order.reason.on_hand)} on hand, ${units(order.reason.on_order)} on order.`));
  box.append(html("div", { class: "columns" }, left, effects(order)));
  return box;
}

function steps(list) {
  let running = 0;
  const spans = list.map((s) => {
    const from = s.is_total ? 0 : running;
    running = from + s.units;
    return [Math.min(from, running), Math.max(from, running)];
  });
  const low = Math.min(...spans.flat()), width = Math.max(...spans.flat()) - low || 1;
  const table = html("table", { class: "steps" }, html("caption", { class: "unseen" }, "Steps that add up to the order"));
  for (const [k, s] of list.entries()) {
    const [start, end] = spans[k];
    const bar = html("i", { class: s.is_total ? "total" : s.units < 0 ? "minus" : "plus" });
    bar.style.left = `${(100 * (start - low)) / width}%`;
    bar.style.width = `${(100 * (end - start)) / width}%`;
    const text = s.is_total ? `= ${exactUnits(s.units)}` : s.units < 0 ? `− ${exactUnits(-s.units)}` : `+ ${exactUnits(s.units)}`;
    table.append(html("tr", { class: s.is_total ? "is-total" : null },
      html("th", { scope: "row" }, s.label),
      html("td", { class: "n" }, k ? text : exactUnits(s.units)),
      html("td", { class: "track", "aria-hidden": "true" }, html("span", {}, bar))));
  }
  return table;
}

function effects(order) {
  const rows = [
    ["Stock-out risk", share(order.stockout_probability_without), share(order.stockout_probability_with)],
    ["Cover", cover(order.cover_without), cover(order.cover_with)],
    ["Margin at risk", money(order.money_at_risk_without), money(order.money_at_risk_with)],
  ];
  const table = html("table", { class: "effects" }, html("caption", { class: "unseen" }, "What the order changes"),
    html("thead", {}, html("tr", {}, html("td"), html("th", { scope: "col", class: "n" }, "without"), html("th", { scope: "col", class: "n" }, "with"))));
  const body = html("tbody");
  for (const [name, before, after] of rows) {
    body.append(html("tr", {}, html("th", { scope: "row" }, name), html("td", { class: "n" }, before), html("td", { class: "n strong" }, after)));
  }
  table.append(body);
  const facts = html("dl", { class: "facts" });
  for (const [name, value] of [
    ["Order on", day(order.order_date)], ["Due", day(order.due_date)],
    ["Unit cost", unitPrice(order.unit_cost)], ["Cost", exactMoney(order.cost)], ["Policy", order.reason.policy.replaceAll("_", " ")],
  ]) facts.append(html("div", {}, html("dt", {}, name), html("dd", {}, value)));
  const box = html("div", { class: "change" }, html("h4", {}, "What it changes"), table, facts);
  if (order.card !== null) box.append(html("a", { href: `#card-${order.card}` }, "See its card"));
  return box;
}

// Rows get an opener button; the reason is built when it is first opened.
function openable(row, order) {
  const id = `why-${row.dataset.order}`;
  const button = html("button", { type: "button", class: "open", "aria-expanded": "false", "aria-controls": id,
    "aria-label": `Reason for ${order.title || order.item}` });
  row.querySelector(".opener").append(button);
  const toggle = () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    const shown = byId(id);
    if (shown) shown.hidden = isOpen;
    else row.after(html("tr", { class: "why-row", id }, html("td", { colspan: row.cells.length }, why(order))));
  };
  button.addEventListener("click", (e) => { e.stopPropagation(); toggle(); });
  row.addEventListener("click", (e) => { if (!e.target.closest("a, button") && !String(getSelection())) toggle(); });
}

// A spreadsheet runs text that starts like a formula, also after a semicolon where that is its list
// separator; a quote before it keeps it text. The same rule as disarmed_text in data/tables.py.
function disarmed(text) {
  const parts = text.split(/([;\t\r\n])/);
  let isFirst = true;
  parts.forEach((part, k) => {
    if (k % 2 || !part.trim()) return;
    if (/^\s*[=+\-@＝＋－＠]/.test(part) && !/^\s*[+-]?\d+([.,]\d+)?\s*$/.test(part)) parts[isFirst ? 0 : k] = `'${parts[isFirst ? 0 : k]}`;
    isFirst = false;
  });
  return parts.join("");
}

function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = disarmed(String(value));
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// The lines as orders.csv writes them, in the same columns.
function csv(orders) {
  const named = { currency: () => page.shop.currency, reason: (o) => o.sentence };
  const rows = orders.map((o) => page.columns.map((name) => (named[name] ? named[name](o) : o[name])));
  return `\ufeff${[page.columns, ...rows].map((cells) => cells.map(csvCell).join(",")).join("\n")}\n`;
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  html("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function startOrders() {
  const table = byId("order-table");
  if (!table) return;
  const rows = [...table.querySelectorAll("tr.line")];
  rows.forEach((row) => openable(row, page.orders[row.dataset.order]));
  const text = (row) => {
    const o = page.orders[row.dataset.order];
    return `${o.item} ${o.title} ${o.location} ${o.supplier ?? ""}`;
  };
  const list = filterable({
    rows, text, first: 40, what: "line", isPrintedWhole: true, count: byId("order-count"), more: byId("all-orders"), search: byId("order-filter"),
    after(shown) {
      for (const row of rows) {
        const reason = byId(`why-${row.dataset.order}`);
        if (reason) reason.hidden = !shown.has(row) || row.querySelector(".open").getAttribute("aria-expanded") !== "true";
      }
      for (const body of table.tBodies) {
        body.hidden = ![...body.querySelectorAll("tr.line")].some((row) => shown.has(row));
      }
      table.tFoot.hidden = shown.size < rows.length;
    },
  });
  sortable(table, (row) => page.orders[row.dataset.order], "tr.line", list.refresh);
  byId("csv").addEventListener("click", () => download(`orders-${page.made_for}.csv`, csv(page.orders)));
}
