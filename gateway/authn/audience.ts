/** jwtRules[].audiences: any one will do; scheme and a trailing slash do not count (captured: jwt/audiences). */

/** A test for the audiences of a token. No configured audience: every token passes. */
export function audienceCheck(configured: readonly string[]): (audiences: readonly string[]) => boolean {
  if (configured.length === 0) return () => true;
  const allowed = new Set(configured.map(plain));
  return (audiences) => audiences.some((audience) => allowed.has(plain(audience)));
}

function plain(audience: string): string {
  const start = audience.startsWith('http://') ? 7 : audience.startsWith('https://') ? 8 : 0;
  return audience.slice(start, audience.endsWith('/') ? -1 : undefined);
}
