/** Whatever is changed in whatever order: what a compilation with a memory makes is what one from nothing makes, byte for byte. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, parseAllDocuments } from 'yaml';
import { inOrder, joinShards } from '../../gateway/snapshot-shards.ts';
import { loadResources } from '../resources/load.ts';
import type { Resource } from '../resources/resource.ts';
import { type Compiled, compile } from './compile.ts';
import { CompileMemo } from './memo.ts';
import { INGRESS_GATEWAY } from './processor.ts';

type Json = Record<string, unknown>;

const object = (kind: string, name: string, spec: Json, namespace = 'default', metadata: Json = {}): Json => ({
  apiVersion: kind === 'Service' ? 'v1' : 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace, ...metadata },
  ...(kind === 'Service' ? { spec } : { spec }),
});

const route = (host: string, subset?: string) => ({ destination: { host, ...(subset && { subset }) } });
const virtualService = (name: string, spec: Json, age = '') =>
  object('VirtualService', name, spec, 'default', age ? { creationTimestamp: age } : {});
const gateway = (name: string, hosts: string[], tls?: Json) => {
  const port = { number: 80, name: 'http', protocol: 'HTTP' };
  return object('Gateway', name, {
    selector: { istio: 'ingressgateway' },
    servers: [{ port, hosts, ...(tls && { tls }) }],
  });
};
const serviceEntry = (ports: number[], address: string) =>
  object('ServiceEntry', 'reviews', {
    hosts: ['reviews.default.svc.cluster.local'],
    resolution: 'STATIC',
    ports: ports.map((number) => ({ number, name: `p${number}`, protocol: 'HTTP' })),
    endpoints: [{ address, labels: { version: 'v1' } }],
  });
const destinationRule = (policy: Json) =>
  object('DestinationRule', 'reviews', {
    host: 'reviews',
    trafficPolicy: policy,
    subsets: [{ name: 'v1', labels: { version: 'v1' } }],
  });

const meshEntry = (spec: Json): Json => ({
  apiVersion: 'bowsprit.dev/v1alpha1',
  kind: 'MeshEntry',
  metadata: { name: 'entry', namespace: 'default' },
  spec: { address: 'entry.test', ...spec },
});

/** Each list holds the forms that one object can have; it may also be absent. */
const WRITTEN: Json[][] = [
  [gateway('one', ['*']), gateway('one', ['*.test', 'b.other']), gateway('one', ['*'], { httpsRedirect: true })],
  [gateway('two', ['a.test', 'b.test'])],
  [
    virtualService('a', { hosts: ['a.test'], gateways: ['one'], http: [{ directResponse: { status: 202 } }] }),
    virtualService('a', { hosts: ['a.test'], gateways: ['one'], http: [{ route: [route('reviews', 'v1')] }] }),
    virtualService('a', {
      hosts: ['a.test', 'b.test'],
      gateways: ['one', 'two'],
      http: [{ route: [route('reviews')] }],
    }),
    virtualService('a', { hosts: ['*.test'], gateways: ['one'], exportTo: ['.'], http: [{ route: [route('other')] }] }),
  ],
  [
    virtualService('b', {
      hosts: ['b.test'],
      gateways: ['one'],
      http: [{ match: [{ uri: { prefix: '/b' } }], directResponse: { status: 201 } }],
    }),
    virtualService(
      'b',
      {
        hosts: ['b.test', '*'],
        gateways: ['one'],
        http: [{ delegate: { name: 'child' }, match: [{ uri: { prefix: '/' } }] }],
      },
      '2020-01-01T00:00:00Z',
    ),
  ],
  [
    virtualService('child', { http: [{ match: [{ uri: { prefix: '/x' } }], route: [route('reviews')] }] }),
    virtualService('child', { http: [{ match: [{ uri: { prefix: '/y' } }], redirect: { uri: '/z' } }] }),
  ],
  [serviceEntry([80], '192.0.2.1'), serviceEntry([80, 81], '192.0.2.1'), serviceEntry([80], '192.0.2.2')],
  [
    destinationRule({ loadBalancer: { consistentHash: { httpHeaderName: 'x-user' } } }),
    destinationRule({ loadBalancer: { simple: 'RANDOM' } }),
  ],
  [
    object('Service', 'other', { ports: [{ port: 80 }] }),
    object('Service', 'other', {
      type: 'ExternalName',
      externalName: 'reviews.default.svc.cluster.local',
      ports: [{ port: 8 }],
    }),
  ],
  [meshEntry({}), meshEntry({ transport: 'TUNNEL', assertion: { jwks: '{}' } })],
];

/** VirtualServices at servers of one port, whose hosts are mostly their own: most changes touch nobody else. */
const port = { number: 80, name: 'http', protocol: 'HTTP' };
const servers = [
  { hosts: ['*.test'] },
  { hosts: ['*.other', 'x.own'] },
  { hosts: ['*.own'], tls: { httpsRedirect: true } },
];
const twoServers = object('Gateway', 'one', {
  selector: { istio: 'ingressgateway' },
  servers: servers.map((server, index) => ({ ...server, port: { ...port, name: `http-${index}` } })),
});
const INDEPENDENT: Json[][] = [
  [twoServers, gateway('one', ['*'])],
  [gateway('two', ['n1.test', '*.other'])],
  ...Array.from({ length: 12 }, (_, n) =>
    [[`n${n}.test`], [`n${n}.test`, `n${n}.other`], [`n${n % 3}.test`, 'x.own'], [`n${n}.own`, `N${n}.own`]].map(
      (hosts, status) =>
        virtualService(`n${n}`, {
          hosts,
          gateways: n % 4 === 1 ? ['one', 'two'] : ['one'],
          http: [{ directResponse: { status: 200 + status } }],
        }),
    ),
  ),
];

/** Every object of the golden files: there as written, with a label more, or not at all. */
const goldens = globSync('control-api/compile/testdata/*.in.yaml').flatMap((file) => {
  const { config } = parse(readFileSync(file, 'utf8')) as { config: string };
  return parseAllDocuments(config).map((document) => document.toJS() as Json);
});
const OBJECTS = [
  ...WRITTEN,
  ...goldens.map((one) => {
    const metadata = one.metadata as Json;
    return [one, { ...one, metadata: { ...metadata, labels: { ...(metadata.labels as Json), changed: 'yes' } } }];
  }),
];

function resourceOf(value: Json): Resource[] {
  return loadResources([{ file: '(api)', text: JSON.stringify(value) }], { namespace: 'default' }).resources;
}

/** Everything that a compilation says, as text. */
function said({ snapshot, head, shards, findings, placements }: Compiled): string {
  return JSON.stringify({ snapshot, head, shards: [...shards], findings, placements });
}

/** So that a later compilation that writes into what it takes over is found out. */
function freeze(value: unknown): void {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

const MESHES: Json[] = [
  {},
  { defaultConfig: { proxyMetadata: { BOWSPRIT_EARLY_ENFORCEMENT: 'true' } }, defaultVirtualServiceExportTo: ['.'] },
];

/** The object with that number gets that form (none: it goes), and these mesh settings hold from then on. */
interface Change {
  object: number;
  form: number;
  mesh: number;
}
const changeOf = (objects: Json[][]): fc.Arbitrary<Change> =>
  fc.record({
    object: fc.nat(objects.length - 1),
    form: fc.nat(4),
    mesh: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  });

/** Makes the changes one after another, and compares after each of them. */
function follow(objects: Json[][], present: boolean[], changes: Change[]): void {
  const memo = new CompileMemo();
  const held = new Map<number, { value: Json; resources: Resource[] }>();
  const set = (index: number, value: Json | undefined) => {
    if (value) held.set(index, { value, resources: resourceOf(value) });
    else held.delete(index);
  };
  objects.forEach(([value], index) => {
    if (present[index]) set(index, value);
  });
  for (const { object: index, form, mesh: number } of changes) {
    set(index, objects[index]?.[form]);
    const all = [...held.values()];
    const settings = { mesh: MESHES[number] ?? {}, identity: INGRESS_GATEWAY };
    const remembered = compile({ ...settings, resources: all.flatMap(({ resources }) => resources), memo });
    const fresh = compile({ ...settings, resources: all.flatMap(({ value }) => resourceOf(value)) });
    assert.equal(said(remembered), said(fresh));
    assert.deepEqual(inOrder(joinShards(fresh.head, [...fresh.shards.values()])), fresh.snapshot);
    freeze(remembered.snapshot);
    freeze(remembered.shards);
  }
}

for (const [what, objects, runs] of [
  ['of a few that depend on each other', WRITTEN, 150],
  ['with hosts of their own', INDEPENDENT, 150],
  ['of every kind', OBJECTS, 25],
] as const) {
  test(`a compilation that remembers the ones before gives what a fresh one gives: objects ${what}`, () => {
    const present = fc.array(fc.boolean(), { minLength: objects.length, maxLength: objects.length });
    const changes = fc.array(changeOf([...objects]), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(present, changes, (start, list) => follow([...objects], start, list)),
      { numRuns: Number(process.env.FUZZ_RUNS ?? runs) },
    );
  });
}
