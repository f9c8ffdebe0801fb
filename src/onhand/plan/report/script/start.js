// What happens when the page opens? Lists come alive; charts are drawn when they come near.
const DRAW = {
  demand: (host) => drawDemand(host, page.cards[host.dataset.card]),
  stock: (host) => chart(host, stockSpec(page.cards[host.dataset.card])),
  margins: drawMargins,
  cost: drawCost,
  fill: drawFill,
  inventory: drawInventory,
};

function startCharts() {
  const waiting = new Set(document.querySelectorAll("figure[data-chart]"));
  const draw = (host) => {
    if (!waiting.delete(host)) return;
    DRAW[host.dataset.chart](host);
  };
  const near = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => { near.unobserve(e.target); draw(e.target); }),
    { rootMargin: "600px" });
  waiting.forEach((host) => near.observe(host));
  addEventListener("beforeprint", () => [...waiting].forEach(draw));
}

// The section being read is marked in the row of links.
function startNavigation() {
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const row = document.querySelector("nav");
  const mark = (id) => {
    row.scrollTo({ left: links.get(id).offsetLeft - row.offsetLeft - 60 });
    for (const [name, link] of links) {
      if (name === id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  const seen = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => mark(e.target.id)),
    { rootMargin: "-80px 0px -80% 0px" });
  for (const id of links.keys()) seen.observe(byId(id));
}

function startTheme() {
  const button = byId("theme");
  const themes = ["auto", "light", "dark"];
  const say = () => { button.textContent = `Theme: ${document.documentElement.dataset.theme ?? "auto"}`; };
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme ?? "auto";
    const next = themes[(themes.indexOf(now) + 1) % themes.length];
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem("onhand-theme", next);
    } catch {
      // Not kept for the next visit; still applied to this one.
    }
    say();
  });
  say();
}

startTheme();
startOrders();
startExceptions();
startStock();
startCards();
startCharts();
startNavigation();
byId("print").addEventListener("click", () => print());
