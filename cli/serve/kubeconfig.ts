/** The kubeconfig that `serve --control` writes: one cluster, one user, one context, all called `bowsprit`, beside whatever the file holds already. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse, stringify } from 'yaml';
import { CommandError, EXIT } from '../exit.ts';

const NAME = 'bowsprit';

interface Named {
  name: string;
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  context?: Record<string, unknown>;
}

interface KubeConfig {
  apiVersion: string;
  kind: string;
  clusters?: Named[];
  users?: Named[];
  contexts?: Named[];
  'current-context'?: string;
}

/** 256 random bits; the control API keeps nothing but their hash. */
export const newToken = (): string => `bsp_${randomBytes(32).toString('hex')}`;

/** The token that an earlier start wrote, so that a restart does not lock its users out. */
export function tokenIn(file: string): string | undefined {
  const token = read(file).users?.find(({ name }) => name === NAME)?.user?.token;
  return typeof token === 'string' ? token : undefined;
}

/** Only the owner may read it: it holds an admin's token. */
export function writeKubeconfig(file: string, server: string, certificate: string, token: string): void {
  const config = read(file);
  const ca = Buffer.from(certificate).toString('base64');
  put(config, 'clusters', { name: NAME, cluster: { server, 'certificate-authority-data': ca } });
  put(config, 'users', { name: NAME, user: { token } });
  put(config, 'contexts', { name: NAME, context: { cluster: NAME, user: NAME } });
  config['current-context'] ||= NAME;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stringify(config), { mode: 0o600 });
}

function put(config: KubeConfig, list: 'clusters' | 'users' | 'contexts', entry: Named): void {
  config[list] = [...(config[list] ?? []).filter(({ name }) => name !== NAME), entry];
}

function read(file: string): KubeConfig {
  const empty: KubeConfig = { apiVersion: 'v1', kind: 'Config' };
  if (!existsSync(file)) return empty;
  try {
    return (parse(readFileSync(file, 'utf8')) as KubeConfig | null) ?? empty;
  } catch (error) {
    throw new CommandError(`--kubeconfig ${file}: ${(error as Error).message}`, EXIT.unreadable);
  }
}
