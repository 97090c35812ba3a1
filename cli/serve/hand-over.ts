/**
 * From one generation's listening sockets to the next one's without a connection in between: workerd closes what it has
 * accepted and not read yet when it is told to end. So the next generation gets sockets of its own on the same addresses, new
 * connections are steered to those, and the old processes have time to read what they hold before they are told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ListeningSocket, listen } from './listen.ts';

/** What was on its way to a process when another took its place has been read by then. */
export const LINGER_MS = 500;
/** How long an old process, told to end, may take to close its sockets. */
const CLOSE_MS = 2000;

/** What listens on a port now: a socket that workerd accepts on, or a front. */
export type Open = Omit<ListeningSocket, 'close'>;

export interface HandOver {
  /** By Gateway port: what the next generation accepts on. */
  sockets: ReadonlyMap<number, ListeningSocket>;
  /** New connections go to the next generation from now on. */
  switch(): void;
  /** The next generation did not start. */
  abandon(): Promise<void>;
}

/** undefined where the system cannot steer: then both generations have to accept on the same sockets. */
export async function handOver(host: string, old: ReadonlyMap<number, Open>): Promise<HandOver | undefined> {
  const steering = process.platform === 'linux' && (await import('./steering.ts').catch(() => undefined));
  if (!steering) return undefined;
  const { steer, listenersBeside } = steering;
  const until = Date.now() + CLOSE_MS;
  const isAlone = ({ fd }: Open): boolean => listenersBeside(fd) === 1;
  // The hand-over before is over when nobody else listens any more.
  while (![...old.values()].every(isAlone) && Date.now() < until) await sleep(10);
  if (![...old.values()].every((one) => isAlone(one) && steer(one.fd, 0))) return undefined;
  const beside = async ([gatewayPort, { port }]: [number, Open]): Promise<[number, ListeningSocket]> => [
    gatewayPort,
    await listen({ host, port, beside: true }),
  ];
  const sockets = new Map(await Promise.all([...old].map(beside)));
  return {
    sockets,
    switch: () => {
      for (const { fd } of sockets.values()) steer(fd, 1);
    },
    abandon: async () => void (await Promise.all([...sockets.values()].map((one) => one.close()))),
  };
}

/** New connections go to the first (0) or the second (1) of the two sockets that listen on the address of `open`, which is one of them. */
export async function steerTo(index: 0 | 1, { fd }: Open): Promise<void> {
  if (process.platform === 'linux') (await import('./steering.ts').catch(() => undefined))?.steer(fd, index);
}
