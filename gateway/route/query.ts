/** Query parameters as Envoy reads them: raw, without percent-decoding, and of a repeated one the first. */

/** @returns undefined when absent; '' for `?name` and `?name=`. */
export function queryParameter(pathAndQuery: string, name: string): string | undefined {
  let start = pathAndQuery.indexOf('?') + 1;
  while (start > 0) {
    const ampersand = pathAndQuery.indexOf('&', start);
    const end = ampersand < 0 ? pathAndQuery.length : ampersand;
    if (pathAndQuery.startsWith(name, start)) {
      const next = start + name.length;
      if (next === end) return '';
      if (pathAndQuery[next] === '=' && next < end) return pathAndQuery.slice(next + 1, end);
    }
    start = ampersand + 1;
  }
  return undefined;
}
