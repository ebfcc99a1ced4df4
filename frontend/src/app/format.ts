/** Numbers, money and times in the reader's own way of writing them. */
const whole = new Intl.NumberFormat();
const money = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export function formatCount(count: number): string {
  return whole.format(count);
}

export function formatMoney(dollars: number): string {
  return money.format(dollars);
}

export function formatTime(time: string): string {
  return day.format(new Date(time));
}

/** "0:07", "12:34" or "1:02:03". */
export function formatClock(seconds: number): string {
  const all = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const [hours, minutes, rest] = parts as [number, number, number];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** "0.8 s", "12 s", "3:20 min". */
export function formatSpan(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 100 ? `${Math.round(seconds)} s` : `${formatClock(seconds)} min`;
}

export function formatAgo(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Math.abs(seconds) < 60) return ago.format(Math.min(0, Math.round(seconds)), "second");
  if (Math.abs(seconds) < 3600) return ago.format(Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86_400) return ago.format(Math.round(seconds / 3600), "hour");
  return Math.abs(seconds) < 604_800 ? ago.format(Math.round(seconds / 86_400), "day") : formatTime(time);
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
