/** One `bowsprit apply` of a set at a time: a lease on the server, which ends by itself when its holder dies. */
import { randomUUID } from 'node:crypto';
import { CommandError, EXIT } from '../exit.ts';
import { type ControlClient, messageOf } from './client.ts';

const LEASE_SECONDS = 30;

/** Runs `work` while holding the lock. Rejects with a CommandError when somebody else holds it. */
export async function underLock<T>(client: ControlClient, set: string, work: () => Promise<T>): Promise<T> {
  const holder = randomUUID();
  const path = `/bowsprit/v1/locks/${encodeURIComponent(set)}`;
  const take = async () => {
    const answer = await client.ask('PUT', path, { holder, seconds: LEASE_SECONDS });
    if (answer.status >= 300) throw new CommandError(messageOf(answer), EXIT.failed);
  };
  await take();
  const renewal = setInterval(() => take().catch(() => undefined), (LEASE_SECONDS / 3) * 1000);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await client.ask('DELETE', `${path}?holder=${holder}`).catch(() => undefined);
  }
}
