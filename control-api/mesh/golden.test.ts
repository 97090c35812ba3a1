/** What `bowsprit mesh` prints, whole: the same for the same files, good by Istio's rules, and changed only where a route changed. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { analyse } from '../analysis/analyse.ts';
import { validated } from '../analysis/validate/validate.ts';
import { compile } from '../compile/compile.ts';
import { isMeshEntry } from '../compile/mesh-entry.ts';
import { INGRESS_GATEWAY, type ProxyIdentity } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { meshManifests } from './manifests.ts';

const TESTDATA = join(import.meta.dirname, 'testdata');
const cases = readdirSync(TESTDATA).filter((file) => file.endsWith('.in.yaml'));

function findingsOf(text: string, identity: ProxyIdentity) {
  const loaded = validated(loadResources([{ file: 'x.yaml', text }], { namespace: 'default' }));
  const input = { resources: loaded.resources, mesh: {}, identity };
  const compiled = compile(input);
  return { input, compiled, findings: [...loaded.findings, ...compiled.findings, ...analyse({ input, compiled })] };
}

function printed(text: string): string[] {
  const { input, compiled } = findingsOf(text, INGRESS_GATEWAY);
  const manifests = meshManifests(compiled.snapshot, input.resources.find(isMeshEntry)?.spec);
  return manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false }));
}

for (const file of cases) {
  const text = readFileSync(join(TESTDATA, file), 'utf8');
  const golden = join(TESTDATA, file.replace('.in.', '.out.'));

  test(`${file}: the manifests are those of the golden file`, () => {
    const out = printed(text).join('---\n');
    if (process.env.UPDATE_GOLDEN || !existsSync(golden)) writeFileSync(golden, out);
    assert.equal(out, readFileSync(golden, 'utf8'));
  });

  test(`${file}: our own check, as the entry would see them, finds no mistake`, () => {
    const namespace = file.startsWith('tunnel') ? 'edge-system' : 'bowsprit-system';
    const identity = { ...INGRESS_GATEWAY, namespace, labels: { istio: 'bowsprit-entry' } };
    const { findings, compiled } = findingsOf(readFileSync(golden, 'utf8'), identity);
    // What the cluster alone knows, its Services and their subsets; and that an EnvoyFilter is one, and not for the edge.
    const ofTheCluster = new Set(['BSP0106', 'IST0101', 'IST0133', 'BSP0301']);
    assert.deepEqual(
      findings
        .filter(({ level, code }) => level !== 'info' && !ofTheCluster.has(code))
        .map(({ code, message }) => [code, message]),
      [],
    );
    assert.equal(compiled.snapshot.listeners.length, 1);
  });
}

test('a changed retry changes one object, one more destination adds one', () => {
  const text = readFileSync(join(TESTDATA, 'mutual-tls.in.yaml'), 'utf8');
  const before = printed(text);
  const retried = printed(text.replace('attempts: 3', 'attempts: 4'));
  assert.equal(retried.length, before.length);
  assert.equal(retried.filter((object, index) => object !== before[index]).length, 1);
  const more = printed(text.replace('mirror: {host: shadow', 'mirror: {host: another'));
  assert.equal(more.filter((object) => !before.includes(object)).length, 1);
});

test('no two destinations share an object’s name', () => {
  const routes = ['a-b.c', 'a.b-c'].flatMap((host) =>
    [', subset: v1', ', subset: V1', ', subset: v-1', ''].map(
      (subset, index) =>
        `  - {match: [{uri: {exact: /${host}/${index}}}], route: [{destination: {host: ${host}.svc.cluster.local${subset}, port: {number: 80}}}]}`,
    ),
  );
  const text = readFileSync(join(TESTDATA, 'mutual-tls.in.yaml'), 'utf8');
  const names = printed(text.replace('  - route:', `${routes.join('\n')}\n  - route:`)).flatMap((object) =>
    object.includes('kind: VirtualService') ? (/^ {2}name: (.*)$/m.exec(object)?.[1] ?? '') : [],
  );
  assert.equal(names.length, 3 + routes.length, names.join());
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
});
