/** Creates, updates and deletes in a random order that a seed gives. */
import type { ControlClient } from '../../cli/control/client.ts';
import { answering, GATEWAY_OBJECT } from '../../test/support/resources.ts';

const ISTIO = '/apis/networking.istio.io/v1';
const NAMESPACES = ['default', 'shop'];
const TEAMS = ['a', 'b', 'c'];

/** Numbers in [0, 1): a 32-bit linear congruence, so that a run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Write {
  method: 'PATCH' | 'DELETE';
  path: string;
  body?: object;
}

export function randomWrite(random: () => number): Write {
  const upTo = (count: number) => Math.floor(random() * count);
  const chosen = random();
  if (chosen < 0.01) return write(random, '/api/v1/namespaces/passing', {});
  const namespace = NAMESPACES[upTo(2)]!;
  const [group, plural, names] =
    chosen < 0.6
      ? [ISTIO, 'virtualservices', 40]
      : chosen < 0.63
        ? [ISTIO, 'gateways', 3]
        : ['/api/v1', chosen < 0.9 ? 'configmaps' : 'secrets', 20];
  const name = `${plural.slice(0, 2)}${upTo(names)}`;
  const path = `${group}/namespaces/${chosen > 0.98 ? 'passing' : namespace}/${plural}/${name}`;
  return write(random, path, contents(plural, name, 200 + upTo(300)));
}

function write(random: () => number, path: string, body: object): Write {
  if (random() < 0.25) return { method: 'DELETE', path };
  const team = TEAMS[Math.floor(random() * TEAMS.length)]!;
  const parts = path.split('/');
  const metadata = { name: parts.at(-1), labels: { team, round: String(Math.floor(random() * 1e6)) } };
  const isCore = parts[1] === 'api';
  const kind = { namespaces: 'Namespace', configmaps: 'ConfigMap', secrets: 'Secret' }[parts.at(-2)!];
  return { method: 'PATCH', path, body: { ...(isCore && { apiVersion: 'v1', kind }), ...body, metadata } };
}

function contents(plural: string, name: string, n: number): object {
  if (plural === 'virtualservices') return answering(name, n);
  if (plural === 'gateways') return { ...GATEWAY_OBJECT, spec: { ...GATEWAY_OBJECT.spec, servers: serversOf(name) } };
  return plural === 'secrets' ? { stringData: { n: String(n) } } : { data: { n: String(n), long: 'x'.repeat(n) } };
}

const serversOf = (name: string) =>
  GATEWAY_OBJECT.spec.servers.map((server) => ({ ...server, hosts: [`${name}.example.com`] }));

/** The status, or 0 when nobody answered; 404 and 409 are answers as good as others here. */
export function send(client: ControlClient, { method, path, body }: Write): Promise<number> {
  const asked = body
    ? client.ask(method, `${path}?fieldManager=soak&force=true`, body, 'application/apply-patch+yaml')
    : client.ask(method, path);
  return asked.then(
    ({ status }) => status,
    () => 0,
  );
}
