// How is a number written? As wording.py writes it, to the last digit.
const page = JSON.parse(document.getElementById("plan").textContent);
const UNKNOWN = "–";
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const isKnown = (v) => typeof v === "number" && Number.isFinite(v);
const signed = (v, text) => (v < 0 && /[1-9]/.test(text) ? `−${text}` : text);
const writer = (write) => (v) => (isKnown(v) ? signed(v, write(Math.abs(v))) : UNKNOWN);

// `digits` decimals of v >= 0 with thousands apart. toFixed rounds a tie up; Python and we, to even.
function fixed(v, digits) {
  const halves = v * 2 ** (digits + 1);
  const isTie = Number.isInteger(halves) && halves % 2 === 1;
  const up = v.toFixed(digits);
  const text = isTie && Number(up.at(-1)) % 2 === 1 ? (v - 10 ** -(digits + 2)).toFixed(digits) : up;
  return text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
}

// The same, without the zeros at the end beyond the first `least` decimals.
function trimmed(v, digits, least) {
  const [whole, decimals = ""] = fixed(v, digits).split(".");
  const kept = decimals.slice(0, least) + decimals.slice(least).replace(/0+$/, "");
  return kept ? `${whole}.${kept}` : whole;
}

const money = (v) =>
  isKnown(v) && v !== 0 && Math.abs(v) < 0.5 ? `<${page.sign}1` : wholeMoney(v);
const wholeMoney = writer((v) => page.sign + fixed(v, 0));
const exactMoney = writer((v) => page.sign + fixed(v, 2));
const unitPrice = writer((v) => page.sign + trimmed(v, 4, 2));
// For steps that a reader adds up; plans are written to hundredths of a unit.
const exactUnits = writer((v) => trimmed(v, 2, 0));
const rate = writer((v) => `${fixed(100 * v, 1)}%`);

const units = writer((v) => {
  if (Math.abs(v - Math.round(v)) < 0.005 || v >= 100) return fixed(v, 0);
  if (v >= 0.1) return fixed(v, 1);
  return trimmed(v, v < 0.01 ? 4 : 3, 0); // two digits that count
});

const share = writer((v) => {
  if (v > 0 && v < 0.005) return "<1%";
  if (v >= 0.995 && v < 1) return ">99%";
  return `${fixed(100 * v, 0)}%`;
});

function cover(v) {
  if (!isKnown(v)) return "no demand";
  return `${units(v)} ${page.shop.frequency}${units(v) === "1" ? "" : "s"}`;
}

function day(iso) {
  if (!iso) return UNKNOWN;
  const [year, month, date] = iso.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}
