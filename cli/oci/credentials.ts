/** Credentials for a registry as `docker login` has left them. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Credentials, credentialsIn } from '../../control-api/modules/oci/credentials.ts';

/** From DOCKER_CONFIG or ~/.docker/config.json; undefined: anonymous. */
export function storedCredentials(registry: string): Credentials | undefined {
  const file = join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  if (!existsSync(file)) return undefined;
  return credentialsIn(readFileSync(file, 'utf8'), registry);
}
