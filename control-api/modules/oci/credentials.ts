/** Credentials for a registry out of a docker configuration. */

export interface Credentials {
  username: string;
  password: string;
}

interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string }>;
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
