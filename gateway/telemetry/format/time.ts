/** %START_TIME(format)%: strftime with Envoy's additions (`%s` seconds, `%f` and `%1f`..`%9f` fractions). Times are UTC. */

/** @param milliseconds since the epoch; @param format '' gives ISO 8601 with milliseconds. */
export function formatTime(milliseconds: number, format: string): string {
  const time = new Date(milliseconds);
  if (format === '') return time.toISOString();
  return format.replace(/%(\d?)([a-zA-Z%])/g, (whole, digits: string, letter: string) => {
    if (letter === 'f') return fraction(milliseconds, digits === '' ? 9 : Number(digits));
    if (letter === 's')
      return String(Math.floor(milliseconds / 1000)) + (digits ? fraction(milliseconds, Number(digits)) : '');
    return FIELDS[letter]?.(time) ?? whole;
  });
}

function fraction(milliseconds: number, digits: number): string {
  return `${String(milliseconds % 1000).padStart(3, '0')}000000`.slice(0, digits);
}

const two = (value: number) => String(value).padStart(2, '0');
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const FIELDS: Record<string, (time: Date) => string> = {
  Y: (time) => String(time.getUTCFullYear()),
  y: (time) => two(time.getUTCFullYear() % 100),
  m: (time) => two(time.getUTCMonth() + 1),
  d: (time) => two(time.getUTCDate()),
  e: (time) => String(time.getUTCDate()).padStart(2, ' '),
  H: (time) => two(time.getUTCHours()),
  I: (time) => two(time.getUTCHours() % 12 || 12),
  M: (time) => two(time.getUTCMinutes()),
  S: (time) => two(time.getUTCSeconds()),
  p: (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM'),
  a: (time) => DAYS[time.getUTCDay()]!.slice(0, 3),
  A: (time) => DAYS[time.getUTCDay()]!,
  b: (time) => MONTHS[time.getUTCMonth()]!.slice(0, 3),
  B: (time) => MONTHS[time.getUTCMonth()]!,
  F: (time) => time.toISOString().slice(0, 10),
  T: (time) => time.toISOString().slice(11, 19),
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
};
