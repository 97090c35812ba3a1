/** The users' own configurations: every file loads as it is, and every object in it is said to be carried out somewhere. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { configurationOf } from '../../cli/configuration.ts';
import { describe as nameOf } from '../../control-api/resources/resource.ts';

const FILES = join(import.meta.dirname, 'files');
const files = globSync('**/*.yaml', { cwd: FILES }).sort();
const read = (name: string) => ({ file: name, text: readFileSync(join(FILES, name), 'utf8') });
const services = {
  file: 'services',
  text: readFileSync(join(import.meta.dirname, '../../config/00-services.yaml'), 'utf8'),
};
/** Findings that make a document or an object count for nothing. */
const FATAL = new Set(['UnreadableDocument', 'SchemaError', 'SchemaValidationError']);

for (const file of files) {
  describe(file, () => {
    const { findings, placements, input } = configurationOf([read(file)], {}, { namespace: 'default' });

    it('loads as it is', () => {
      assert.deepEqual(
        findings.filter(({ name }) => FATAL.has(name)),
        [],
      );
    });

    it('has a place for every object', () => {
      const placed = new Set(placements.map(({ resource }) => resource));
      assert.deepEqual(
        input.resources.map(nameOf).filter((name) => !placed.has(name)),
        [],
      );
    });

    if (basename(file).includes('-mesh')) {
      it('is left to the sidecars', () => {
        const atEdge = placements.filter(
          ({ where, resource }) => where === 'edge' && !resource.startsWith('ServiceEntry'),
        );
        assert.deepEqual(atEdge, []);
      });
    }
  });
}

/** What a reader of a workshop has applied at the end, for the parts that a gateway carries out. */
const WALKS = {
  guestbook: ['01-gateway', '06-subsets', '08-user-agent', '11-ratelimit'],
  todo: ['1-gateway', '2-routing', '5-canary-cookie'],
  bookinfo: ['1-gateway'],
  intro: ['1-app-gateway', '2-shifted'],
  blog: ['1-maildev', '3-claims', '4-deny-path'],
};

for (const [folder, names] of Object.entries(WALKS)) {
  it(`${folder} is served as a whole, each route to endpoints that are there`, () => {
    const sources = [services, ...names.map((name) => read(join(folder, `${name}.yaml`)))];
    const { snapshot, findings } = configurationOf(sources, {}, { namespace: 'default' });
    assert.deepEqual(
      findings.filter(({ level, name }) => level === 'error' && FATAL.has(name)),
      [],
    );
    const routes = Object.values(snapshot.routeTables).flatMap(({ virtualHosts }) =>
      virtualHosts.flatMap((host) => host.routes),
    );
    assert.ok(routes.length > 0);
    const clusters = routes.flatMap(({ action }) => (action.kind === 'forward' ? action.destinations : []));
    for (const { cluster } of clusters) assert.ok(snapshot.clusters[cluster]?.endpoints.length, cluster);
  });
}

it('covers every folder of the workshops', () => {
  const folders = new Set(files.map((file) => dirname(relative('.', file))));
  assert.deepEqual([...folders].sort(), Object.keys(WALKS).sort());
});
