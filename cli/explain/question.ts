/** The request that is asked about, as the gateway would be handed it. */
import { CommandError, EXIT } from '../exit.ts';

export interface Question {
  method: string;
  scheme: 'http' | 'https';
  /** With its port where the URL has one, in the letters given. */
  authority: string;
  /** Path with query, as it stands in the URL: nothing is normalised yet. */
  target: string;
  headers: [name: string, value: string][];
  /** The Gateway's port. */
  port: number;
  /** The direct peer. */
  sourceIp: string;
}

export interface QuestionOptions {
  header: string[];
  port?: string;
  sourceIp: string;
}

const URL_PARTS = /^(https?):\/\/([^/?#]+)([^#]*)/;

/** Throws a CommandError (64) for what is not a method, a URL or a header. */
export function questionOf(method: string, url: string, { header, port, sourceIp }: QuestionOptions): Question {
  const parts = URL_PARTS.exec(url);
  if (!parts) throw new CommandError(`${url} is not an http:// or https:// URL`, EXIT.usage);
  const [, scheme = 'http', authority = '', rest = ''] = parts;
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  const number = port === undefined ? portOf(scheme, authority) : Number(port);
  if (!Number.isInteger(number)) throw new CommandError(`--port ${port} is not a number`, EXIT.usage);
  const headers = header.map(headerOf);
  return { method, scheme: scheme as Question['scheme'], authority, target, headers, port: number, sourceIp };
}

function portOf(scheme: string, authority: string): number {
  const own = /:(\d+)$/.exec(authority)?.[1];
  return own === undefined ? (scheme === 'https' ? 443 : 80) : Number(own);
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new CommandError(`-H ${text} is not "name: value"`, EXIT.usage);
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

/** What the gateway reads of a Request. A real one would normalise the URL, and the path is what it is about. */
export function requestOf({ method, scheme, authority, target, headers, sourceIp }: Question): Request {
  const fields = new Headers(headers);
  if (!fields.has('host')) fields.set('host', authority);
  const url = `${scheme}://${authority}${target}`;
  return { method, url, headers: fields, body: null, cf: { clientIp: `${sourceIp}:1` } } as unknown as Request;
}
