// How is a long list searched, cut and sorted?

// rows: table rows; text(row): what a search looks in; first: rows shown before "show all";
// isPrintedWhole: paper gets every row, not only those shown; also(row): a further condition; ofAll(): how many there are in the whole plan, when known; after(set of rows shown): called whenever the list changed.
function filterable({ rows, text, first, what, count, more, search, isPrintedWhole = false, also = () => true, ofAll = () => null, after = () => {} }) {
  const words = new Map(rows.map((row) => [row, text(row).toLowerCase()]));
  let isWhole = false;
  const refresh = () => {
    const wanted = (search?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const inOrder = rows.slice().sort((a, b) => (a.compareDocumentPosition(b) & 4 ? -1 : 1));
    const fitting = inOrder.filter((row) => also(row) && wanted.every((word) => words.get(row).includes(word)));
    const shown = new Set(isWhole ? fitting : fitting.slice(0, first));
    for (const row of rows) row.hidden = !shown.has(row);
    const plural = fitting.length === 1 ? "" : "s";
    if (count) {
      const isFiltered = fitting.length < rows.length;
      const all = ofAll() ?? fitting.length;
      const rest = all > fitting.length ? ` on this page, of ${units(all)} in the plan` : "";
      count.textContent = !isFiltered ? "" : fitting.length || rest ? `${units(fitting.length)} ${what}${plural}${rest}` : `No ${what} fits`;
    }
    more.hidden = shown.size === fitting.length;
    more.textContent = `Show all ${units(fitting.length)} ${what}${plural}`;
    after(shown);
  };
  search?.addEventListener("input", refresh);
  more.addEventListener("click", () => { isWhole = true; refresh(); });
  if (isPrintedWhole) addEventListener("beforeprint", () => { isWhole = true; refresh(); });
  refresh();
  return { refresh };
}

// Column headers sort rows within each table body; unknown values go last either way.
function sortable(table, record, selector, changed) {
  const buttons = [...table.querySelectorAll("button.sort")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const first = button.dataset.kind === "text" ? "ascending" : "descending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = head.getAttribute("aria-sort") === first ? other : first;
      buttons.forEach((b) => b.closest("th").removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction);
      const sign = direction === "ascending" ? 1 : -1;
      for (const body of table.tBodies) {
        const rows = [...body.querySelectorAll(selector)];
        rows.sort((a, b) => compare(record(a)[button.dataset.key], record(b)[button.dataset.key], sign));
        for (const row of rows) {
          const reason = row.dataset.order === undefined ? null : byId(`why-${row.dataset.order}`);
          body.append(row);
          if (reason) body.append(reason);
        }
      }
      changed();
    });
  }
}

function compare(a, b, sign) {
  const isEmpty = (v) => v === null || v === undefined || v === "";
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) - isEmpty(b);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

function startExceptions() {
  const table = byId("exception-table");
  if (!table) return;
  const chips = [...document.querySelectorAll("#exceptions .chip")];
  let kind = "";
  const list = filterable({
    rows: [...table.tBodies[0].rows], text: () => "", first: 15, what: "exception", more: byId("all-exceptions"),
    also: (row) => !kind || row.dataset.kind === kind,
  });
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      kind = chip.dataset.kind;
      chips.forEach((c) => c.setAttribute("aria-pressed", String(c === chip)));
      list.refresh();
    });
  }
}

function startStock() {
  const table = byId("stock-table");
  if (!table) return;
  const point = (row) => page.stock_points[row.dataset.point];
  const cells = [...document.querySelectorAll("#matrix button.cell")];
  const status = byId("stock-status"), search = byId("stock-filter"), clear = byId("stock-clear");
  let cell = null;
  const list = filterable({
    rows: [...table.tBodies[0].rows], first: 20, what: "stock point", count: byId("stock-count"), more: byId("all-stock"), search,
    text: (row) => { const p = point(row); return `${p.item} ${p.title} ${p.location} ${p.supplier}`; },
    also: (row) => {
      const p = point(row);
      return (!status.value || p.status === status.value) && (!cell || (p.abc === cell.dataset.abc && p.xyz === cell.dataset.xyz));
    },
    ofAll: () => {
      if (search.value || (cell && status.value)) return null;
      if (cell) return page.matrix.find((c) => c.abc === cell.dataset.abc && c.xyz === cell.dataset.xyz).n;
      return page.statuses.find((s) => s.kind === status.value)?.n ?? null;
    },
    after: () => { clear.hidden = !(cell || status.value || search.value); },
  });
  const pick = (chosen) => {
    cell = chosen;
    cells.forEach((c) => c.setAttribute("aria-pressed", String(c === cell)));
    list.refresh();
  };
  cells.forEach((c) => c.addEventListener("click", () => pick(c === cell ? null : c)));
  status.addEventListener("change", list.refresh);
  clear.addEventListener("click", () => { search.value = ""; status.value = ""; pick(null); });
  for (const link of document.querySelectorAll("a.status")) {
    link.addEventListener("click", () => { search.value = ""; status.value = link.dataset.status; pick(null); });
  }
  sortable(table, point, "tr", list.refresh);
}

function startCards() {
  const cards = [...document.querySelectorAll("article.card")];
  if (!cards.length) return;
  const more = byId("all-cards");
  const list = filterable({ rows: cards, text: () => "", first: 6, what: "item", more });
  const arrive = () => {
    const card = /^#card-\d+$/.test(location.hash) ? byId(location.hash.slice(1)) : null;
    if (!card) return;
    if (card.hidden) more.click();
    card.scrollIntoView({ block: "start" });
    card.focus({ preventScroll: true });
  };
  addEventListener("hashchange", arrive);
  list.refresh();
  arrive();
}
