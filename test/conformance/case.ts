/** The captured cases: a configuration, requests, and what Istio's own gateway answered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A header as the capture has it; several lines of one name are a list. */
export type HeaderMap = Record<string, string | string[]>;

export interface CapturedRequest {
  name: string;
  method?: string;
  scheme?: 'http' | 'https';
  /** null: no Host header is sent. */
  host?: string | null;
  path?: string;
  headers?: HeaderMap;
  body?: string;
  /** Send it so often and compare how the answers are spread. */
  repeat?: number;
  source_ip?: string;
  sni?: string;
  /** The Gateway's port; 80 or 443 unless given. */
  port?: number;
  /** How long to wait for requests that come after the answer (mirrors). */
  settle_ms?: number;
  /** Which endpoint answers was left to chance. */
  any_endpoint?: boolean;
  /** Why Bowsprit may differ, in a case that is not captured. */
  known?: string;
  expect?: Expectation;
}

export interface Expectation {
  status: number;
  from: 'gateway' | 'upstream';
  headers?: HeaderMap;
  body?: string;
  upstream?: UpstreamExpectation;
  /** Every upstream request, or their number, where it is not exactly one. */
  attempts?: unknown[] | number;
  statuses?: Record<string, number>;
  distribution?: Record<string, number>;
  seconds?: number;
  connection?: 'closed';
}

export interface UpstreamExpectation {
  service: string;
  version: string;
  port: number;
  method: string;
  authority: string;
  path: string;
  headers?: HeaderMap;
  body?: string;
}

export interface ConformanceCase {
  /** `match/prefix.yaml` */
  file: string;
  area: string;
  config: string;
  mesh?: string;
  requests: CapturedRequest[];
}

const CASES = join(import.meta.dirname, 'cases');

/** All captured cases, sorted by file. */
export function readCases(): ConformanceCase[] {
  const files = readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => readCase(file, CASES));
}

/** `{{conformance}}` in a case stands for the folder of this suite. @param folder what `file` is relative to */
export function readCase(file: string, folder: string): ConformanceCase {
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('{{conformance}}', import.meta.dirname);
  const value = parse(text, { version: '1.1' });
  return { ...value, file, area: file.split('/')[0], requests: value.requests ?? [] };
}
