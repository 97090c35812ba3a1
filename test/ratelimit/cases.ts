/** The captured cases: what envoyproxy/ratelimit, Redis and Envoy did. `kind` says which part is asked. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Kind = 'json' | 'config' | 'envoy';

export interface Request {
  method?: string;
  path: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}
export interface Expected {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Counters by key, where the case looked at them. */
  counters?: Record<string, number>;
  descriptors_sent?: string[];
  loaded?: boolean;
  error?: string | null;
}
export interface CaseStep {
  /** Unix seconds at which the step was captured. */
  at?: number;
  json?: Record<string, unknown>;
  request?: Request;
  reload?: Record<string, string | null>;
  stop_ratelimit?: boolean;
  redis_pause_ms?: number;
  sleep_ms?: number;
  expect?: Expected;
}
export interface EnvoyPart {
  filter?: Record<string, unknown>;
  filters?: Record<string, unknown>[];
  pre_filters?: Record<string, unknown>[];
  virtual_host?: Record<string, unknown>;
  hcm?: Record<string, unknown>;
  runtime?: Record<string, unknown>;
}
export interface Case {
  name: string;
  kind: Kind;
  about: string;
  ratelimit?: { env?: Record<string, string>; files?: Record<string, string> } | null;
  envoy?: EnvoyPart;
  steps?: CaseStep[];
  expect?: {
    server_at_start?: { log_error: string | null };
    envoy_rejects_config?: boolean;
    error?: string;
  };
  final_counters?: Record<string, number>;
}

const DIRECTORY = join(import.meta.dirname, 'cases');

/** The cases of one kind, by file name. */
export function casesOf(kind: Kind): { file: string; content: Case }[] {
  const files = readdirSync(DIRECTORY).sort();
  const all = files.map((file) => ({ file, content: parse(readFileSync(join(DIRECTORY, file), 'utf8')) as Case }));
  return all.filter(({ content }) => content.kind === kind);
}
