/** VirtualServices that are each odd in one way: what Istio's webhook refuses or warns of, and ours beside it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { validate } from '../../control-api/analysis/validate/validate.ts';
import type { Resource } from '../../control-api/resources/resource.ts';
import { IstioPeer } from './peer.ts';
import { VIRTUAL_SERVICES } from './virtual-service-probes.ts';

const METADATA = { namespace: 'default', labels: {}, annotations: {}, creationTimestamp: '2026-01-01T00:00:00Z' };

let istio: IstioPeer;
before(async () => {
  istio = await IstioPeer.start();
});
after(() => istio?.stop());

function probe(spec: object, index: number): Resource {
  const metadata = { ...METADATA, name: `probe${index}` };
  const base = {
    apiVersion: 'networking.istio.io/v1',
    group: 'networking.istio.io',
    version: 'v1',
    kind: 'VirtualService',
    metadata,
    spec,
  };
  return { ...base, at: () => ({ file: 'probe', line: 1, column: 1 }) } as unknown as Resource;
}

/** One word for each, so that what differs is read at a glance. */
function judgement(errors: number, warnings: number): string {
  if (errors > 0) return 'refused';
  return warnings > 0 ? 'warned of' : 'accepted';
}

test(`${VIRTUAL_SERVICES.length} odd specs`, async () => {
  const resources = VIRTUAL_SERVICES.map(probe);
  const documents = resources.map(({ apiVersion, kind, metadata, spec }) => ({ apiVersion, kind, metadata, spec }));
  const verdicts = await istio.validate(documents.map((document) => JSON.stringify(document)));
  for (const [index, resource] of resources.entries()) {
    const errors = verdicts[index]!.flatMap((verdict) => verdict.errors ?? []);
    const warnings = verdicts[index]!.flatMap((verdict) => verdict.warnings ?? []);
    const found = validate(resource);
    const ours = found.filter(({ level }) => level === 'error');
    assert.equal(
      judgement(ours.length, found.length - ours.length),
      judgement(errors.length, warnings.length),
      `${JSON.stringify(resource.spec)}: Istio says ${[...errors, ...warnings].join('; ')}, we say ${found.map(({ message }) => message).join('; ')}`,
    );
  }
});
