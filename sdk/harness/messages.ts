/** Requests and responses as tests write them, and as they come out. */

export type HeaderInit = Record<string, string | string[]> | [name: string, value: string][];
/** An array is what arrives piece by piece. */
export type BodyInit = string | Uint8Array | (string | Uint8Array)[];

export interface RequestInit {
  method?: string;
  path?: string;
  authority?: string;
  scheme?: string;
  headers?: HeaderInit;
  body?: BodyInit;
  /** The direct peer. */
  source?: { address: string; port: number };
}

export interface ResponseInit {
  status?: number;
  headers?: HeaderInit;
  body?: BodyInit;
}

/** Header lines of one message, by lower-case name. */
export class Lines {
  readonly entries: [name: string, value: string][];
  constructor(entries: [name: string, value: string][]) {
    this.entries = entries;
  }
  get(name: string): string | null {
    return this.entries.find(([other]) => other === name.toLowerCase())?.[1] ?? null;
  }
  all(name: string): string[] {
    return this.entries.filter(([other]) => other === name.toLowerCase()).map(([, value]) => value);
  }
}

/** What the upstream would have got. */
export interface SeenRequest {
  method: string;
  path: string;
  authority: string;
  headers: Lines;
  body: string;
  bytes: Uint8Array;
}

export interface Result {
  /** The request as it went upstream; undefined when the filter answered itself. */
  upstream: SeenRequest | undefined;
  /** undefined: the stream was reset and the client got nothing. */
  response: { status: number; headers: Lines; body: string; bytes: Uint8Array } | undefined;
  /** %RESPONSE_CODE_DETAILS% of an answer that the filter gave. */
  details: string;
  /** The route was chosen again. */
  rerouted: boolean;
}

export function headerLines(init: HeaderInit = {}): [string, string][] {
  const pairs = Array.isArray(init) ? init : Object.entries(init);
  return pairs.flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one): [string, string] => [name.toLowerCase(), one])
      : [[name.toLowerCase(), value] as [string, string]],
  );
}

const encoder = new TextEncoder();

export function bodyPieces(init: BodyInit | undefined): Uint8Array[] {
  if (init === undefined) return [];
  const pieces = Array.isArray(init) ? init : [init];
  return pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece));
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
