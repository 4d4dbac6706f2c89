/** Numbers and times as people read them. One place, one language. */
export const number = (value: number): string => value.toLocaleString('en-US');

/** `1,234`, `12.3k`, `4.5M`: for boxes of one width. */
export function short(value: number): string {
  if (value < 10_000) return number(value);
  if (value < 1_000_000) return `${(value / 1_000).toFixed(value < 100_000 ? 1 : 0)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** A length of time with as much detail as it deserves: `80 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 0) return '0 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(ms / 1_000);
  const pair = (big: number, small: number, bigUnit: string, smallUnit: string): string =>
    small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), seconds % 60, 'min', 's');
  if (seconds < 86_400) return pair(Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), 'h', 'min');
  return pair(Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600), 'd', 'h');
}

/** `14:03:27 UTC`, with the day when it is not the day of `now`. Scripts turn it into the reader's own zone. */
export function clockTime(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  const time = `${iso.slice(11, 19)} UTC`;
  return iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? time : `${iso.slice(0, 10)} ${time}`;
}
