/** Headers that a verified token gives to the upstream: outputPayloadToHeader and outputClaimToHeaders. */
import type { Claims, Exchange } from '../exchange.ts';
import type { JwtProvider } from '../snapshot.ts';
import { encodeText } from './base64url.ts';
import { claimAt } from './claims.ts';
import type { Token } from './token.ts';

export type Output = [name: string, value: string];

/** Names the client must never set itself; they are removed from every request before any token is looked at. */
export function outputNames(providers: readonly JwtProvider[]): string[] {
  const names = providers.flatMap((provider) => [
    ...(provider.outputPayloadToHeader ? [provider.outputPayloadToHeader] : []),
    ...provider.outputClaimToHeaders.map(({ header }) => header),
  ]);
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

/** What to append when this token is verified. Worked out once a token and kept with it. */
export function outputsOf(provider: JwtProvider, token: Pick<Token, 'payload' | 'claims'>): Output[] {
  const outputs: Output[] = [];
  if (provider.outputPayloadToHeader) outputs.push([provider.outputPayloadToHeader.toLowerCase(), token.payload]);
  for (const { header, claim } of provider.outputClaimToHeaders) {
    const value = headerValue(claimNamed(token.claims, claim));
    if (value !== '') outputs.push([header.toLowerCase(), value]);
  }
  return outputs;
}

export function writeOutputs(exchange: Exchange, outputs: readonly Output[]): void {
  for (const [name, value] of outputs) exchange.requestHeaders.append(name, value);
}

/** A dot in the name steps into an object (captured: jwt/output-claims, `nested.key`). */
function claimNamed(claims: Claims, name: string): unknown {
  return claimAt(claims, name.split('.'));
}

/** Text as it is; whole numbers without a point, others with six decimals; lists and objects as base64 of their JSON. */
function headerValue(value: unknown): string {
  if (typeof value === 'string') return headerSafe(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'object' && value !== null ? encodeText(sortedJson(value)) : '';
}

function numberText(value: number): string {
  const whole = Number.isInteger(value) && value >= 0 && value < 2 ** 64;
  if (whole) return BigInt(value).toString();
  // Beyond 1e21 toFixed changes to the exponent's form.
  return Number.isInteger(value) ? `${BigInt(value)}.000000` : value.toFixed(6);
}

/** A claim cannot smuggle a second header line: a value with control characters is not sent at all. */
function headerSafe(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value) ? '' : value;
}

/** Envoy keeps objects in maps sorted by key. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
