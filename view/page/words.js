// How times, sizes and rates are written.

const two = (number) => String(number).padStart(2, "0");

// Seconds since 1970 as a day: 2022-06-09.
export function day(t) {
  const date = new Date(Math.floor(t) * 1000);
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

// Seconds since 1970 as a time of day, with as many decimals as are there (at most six).
export function clock(t, decimals = null) {
  const whole = Math.floor(t + 5e-7);
  const date = new Date(whole * 1000);
  const micros = Math.max(0, Math.round((t - whole) * 1e6));
  const digits = decimals ?? (micros ? 6 : 0);
  const fraction = digits ? `.${String(micros).padStart(6, "0").slice(0, digits)}` : "";
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${fraction}`;
}

export const moment = (t) => `${day(t)} ${clock(t)}`;

// A span of seconds as people say it: +24 s, −3 min 20 s, +2 d 4 h.
export function offset(seconds) {
  const sign = seconds < 0 ? "−" : "+";
  return sign + duration(Math.abs(seconds));
}

export function duration(seconds) {
  if (seconds === 0) return "0 s";
  if (seconds < 1e-3) return `${+(seconds * 1e6).toPrecision(4)} µs`;
  if (seconds < 1) return `${+(seconds * 1e3).toPrecision(4)} ms`;
  if (seconds < 60) return `${+seconds.toPrecision(4)} s`;
  for (const [size, name, small, unit] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / small);
      return `${Math.floor(seconds / size)} ${name}${rest ? ` ${rest} ${unit}` : ""}`;
    }
  }
  return "";
}

export function bytes(size) {
  if (size === null || size === undefined) return "–";
  let value = size;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 1000) return unit === "B" ? `${value} B` : `${value.toFixed(1)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

const YEAR = 365.25 * 86400;

// A false alarm rate (Hz) as people read it: 1 per 5.0 yr.
export function rate(far) {
  if (typeof far !== "number" || !(far > 0)) return "";
  const seconds = 1 / far;
  for (const [size, unit] of [[YEAR, "yr"], [86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) {
      const count = seconds / size;
      const text = count >= 1e5 ? count.toExponential(1) : count >= 100 ? Math.round(count).toLocaleString("en") : count.toFixed(1);
      return `1 per ${text} ${unit}`;
    }
  }
  return `${far.toPrecision(2)} Hz`;
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export const spaced = (name) => String(name).replaceAll("_", " ");
