// Which colours? The reader's choice if there is one, else the system's.
const root = document.documentElement;
root.classList.add("js");
try {
  const chosen = localStorage.getItem("onhand-theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
} catch {
  // A page opened from a file may be refused storage; the system's colours are fine.
}
