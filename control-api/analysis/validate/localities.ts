/** Localities of localityLbSetting and zoneAwareLbSetting, `region/zone/subzone`, as Istio's webhook judges them. */
type Problem = string | undefined;

/** Localities of one list may not overlap: a shorter one, or `*` in place of the rest, covers all below it. */
export function localitiesProblem(localities: readonly string[]): Problem {
  const seen: string[][] = [];
  for (const locality of localities) {
    const stars = locality.split('*').length - 1;
    if (stars > 1 || (stars === 1 && !locality.endsWith('*')))
      return `locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`;
    const parts = locality.split('/', 3);
    const named = stars === 1 ? parts.slice(0, -1) : parts;
    if (seen.some((known) => known.length === 0)) return overlap(locality);
    if (parts.includes('')) return `locality ${locality} must not contain empty region/zone/subzone info`;
    // A star behind what is there already counts as something else, to Istio.
    if (seen.some((known) => covers(known, named) || (stars === 0 && covers(named, known)))) return overlap(locality);
    seen.push(named);
  }
  return undefined;
}

const covers = (wide: readonly string[], narrow: readonly string[]): boolean =>
  wide.every((part, index) => part === narrow[index]);

const overlap = (locality: string): string => `locality ${locality} overlap with previous specified ones`;

/** @param who whose failover, @param regionOnly what is said of one that names more than a region */
export function failoverProblems(
  { from = '', to = '' }: { from?: string; to?: string },
  who: string,
  regionOnly: string,
): Problem[] {
  const both = `${from} ${to}`;
  return [
    from === to ? `${who} failover settings must specify different regions` : undefined,
    both.includes('/') ? `${who} failover ${regionOnly}` : undefined,
    both.includes('*') ? `${who} failover region should not contain '*' wildcard` : undefined,
  ];
}
