/** Which Referer Envoy passes on: a URL, or what is relative to one, without fragment or user (Http::Utility::isValidRefererValue). */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d+))?(?:[/?][^\s#]*)?$/i;
const MAX_PORT = 65_535;
/** A colon in the first segment would make a scheme of it. */
const SCHEME_LIKE = /^[^/]*:/;

export function isReferer(value: string): boolean {
  const absolute = ABSOLUTE.exec(value);
  if (absolute) return Number(absolute[1] ?? 0) <= MAX_PORT;
  return !value.includes('#') && !SCHEME_LIKE.test(value);
}
