// How is a number written? As wording.py writes it.
const page = JSON.parse(document.getElementById("plan").textContent);
const grouped = (digits) =>
  new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const WHOLE = grouped(0), TENTHS = grouped(1), CENTS = grouped(2);
const UNKNOWN = "–";
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const periods = `${page.shop.frequency}s`;

const isKnown = (v) => typeof v === "number" && Number.isFinite(v);
const signed = (v, text) => (v < 0 && /[1-9]/.test(text) ? `−${text}` : text);

function money(v) {
  if (!isKnown(v)) return UNKNOWN;
  if (v !== 0 && Math.abs(v) < 0.5) return `<${page.sign}1`;
  return signed(v, page.sign + WHOLE.format(Math.floor(Math.abs(v) + 0.5)));
}

const exactMoney = (v) =>
  isKnown(v) ? signed(v, page.sign + CENTS.format(Math.abs(v))) : UNKNOWN;

function unitPrice(v) {
  if (!isKnown(v)) return UNKNOWN;
  const text = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(Math.abs(v));
  return signed(v, page.sign + text);
}

function units(v) {
  if (!isKnown(v)) return UNKNOWN;
  const size = Math.round(Math.abs(v) * 10) / 10;
  return signed(v, (Number.isInteger(size) ? WHOLE : TENTHS).format(size));
}

function share(v) {
  if (!isKnown(v)) return UNKNOWN;
  const percent = 100 * v;
  if (percent > 0 && percent < 1) return "<1%";
  if (percent > 99 && percent < 100) return ">99%";
  return signed(percent, `${WHOLE.format(Math.abs(percent))}%`);
}

const rate = (v) => (isKnown(v) ? `${TENTHS.format(100 * v)}%` : UNKNOWN);

function cover(v) {
  if (!isKnown(v)) return "no demand";
  return v < 100 ? `${TENTHS.format(v)} ${periods}` : `99+ ${periods}`;
}

function day(iso) {
  if (!iso) return UNKNOWN;
  const [year, month, date] = iso.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}
