/** One priority's hosts by locality, folded to who takes the next request. */
import { EdfScheduler } from './edf.ts';
import type { Host } from './host.ts';
import type { LocalityGroup } from './locality.ts';
import { foldPicker, isHashed, type Picker, type PickerOptions } from './picker.ts';
import { available } from './priority-load.ts';

type Options = Omit<PickerOptions, 'shareOf'>;

/**
 * Hashing keeps the localities' shares in a panic, and whole when hosts are lost; the other policies the other way round.
 * Envoy: ZoneAwareLoadBalancerBase and HostSetImpl, ThreadAwareLoadBalancerBase.
 */
export function foldLevel(groups: readonly LocalityGroup[], panic: boolean, options: Options): Picker {
  if (isHashed(options.loadBalancer)) {
    const shares = sharesOf(groups, panic);
    return foldPicker([...shares.keys()], { ...options, shareOf: (host) => shares.get(host)! });
  }
  if (panic)
    return foldPicker(
      groups.flatMap(({ hosts }) => hosts),
      options,
    );
  const localities = groups.flatMap(({ weight, hosts }) => {
    const well = hosts.filter(isWell);
    const share = weight * available(well.length, hosts.length);
    return well.length === 0 ? [] : [{ share, pick: foldPicker(well, options) }];
  });
  if (localities.length <= 1) return localities[0]?.pick ?? (() => undefined);
  const schedule = new EdfScheduler(localities, ({ share }) => share);
  return (hash, attempt) => schedule.pick()!.pick(hash, attempt);
}

const isWell = ({ ejected }: Host): boolean => !ejected;

/** Each host's part of its locality's part of all, in Envoy's order of operations: tables are the same to the last bit. */
function sharesOf(groups: readonly LocalityGroup[], panic: boolean): Map<Host, number> {
  const all = groups.reduce((sum, { weight }) => sum + weight, 0);
  const shares = new Map<Host, number>();
  for (const { weight, hosts } of groups) {
    const usable = panic ? hosts : hosts.filter(isWell);
    const total = usable.reduce((sum, host) => sum + host.weight, 0);
    for (const host of usable) shares.set(host, (host.weight * (weight / all)) / total);
  }
  return shares;
}
