/** A request as a line for people: time, method, status, host and path, duration, flags, details, cluster. */
import type { Line } from './line.ts';

const RED = 31;
const YELLOW = 33;
const GREEN = 32;

/** @param colour whether the status may be coloured */
export function textOf(line: Line, colour: boolean): string {
  const { start_time, method, response_code, authority, path, duration } = line;
  const parts = [
    String(start_time ?? '-'),
    paint(String(response_code ?? '-'), colour),
    String(method ?? '-').padEnd(4),
    `${authority ?? '-'}${path ?? ''}`,
    duration === null ? '-' : `${duration}ms`,
    line.response_flags ?? '-',
    line.response_code_details ?? '-',
    line.upstream_cluster ?? '-',
  ];
  return parts.map((part, index) => (index === 1 ? part : printable(String(part)))).join(' ');
}

function paint(status: string, colour: boolean): string {
  if (!colour) return status;
  const code = status >= '5' ? RED : status >= '4' ? YELLOW : GREEN;
  return `\x1b[${code}m${status}\x1b[0m`;
}

/** What a client sent must not steer the terminal. */
const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
