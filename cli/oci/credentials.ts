/** Credentials for a registry: given on the command line, or as `docker login` has left them. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Credentials {
  username: string;
  password: string;
}

interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string }>;
}

/** From DOCKER_CONFIG or ~/.docker/config.json; undefined: anonymous. */
export function storedCredentials(registry: string): Credentials | undefined {
  const file = join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  if (!existsSync(file)) return undefined;
  return credentialsIn(readFileSync(file, 'utf8'), registry);
}

/** Of a docker configuration: the file's text, or a Secret's `.dockerconfigjson`. */
export function credentialsIn(text: string, registry: string): Credentials | undefined {
  const { auths = {} } = JSON.parse(text) as DockerConfig;
  const found = auths[registry] ?? auths[`https://${registry}`] ?? auths[`https://${registry}/v1/`];
  if (!found) return undefined;
  if (found.username !== undefined) return { username: found.username, password: found.password ?? '' };
  const [username = '', ...rest] = Buffer.from(found.auth ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return { username, password: rest.join(':') };
}
