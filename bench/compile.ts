/**
 * How long loading and compiling take and how much memory they need, for a growing number of VirtualServices.
 * node bench/compile.ts [count …]; one process a count, so that one run's garbage is not another's memory.
 */
import { spawnSync } from 'node:child_process';
import { validated } from '../control-api/analysis/validate/validate.ts';
import { compile } from '../control-api/compile/compile.ts';
import { CompileMemo } from '../control-api/compile/memo.ts';
import { INGRESS_GATEWAY } from '../control-api/compile/processor.ts';
import { loadResources } from '../control-api/resources/load.ts';
import type { Resource } from '../control-api/resources/resource.ts';

const GATEWAY = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*.example.com"]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews.default.svc.cluster.local]
  resolution: STATIC
  ports: [{number: 8080, name: http, protocol: HTTP}]
  endpoints: [{address: 127.0.0.1, ports: {http: 21001}}]
`;

const virtualService = (index: number): string => `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: vs-${index}
  namespace: default
spec:
  hosts:
  - host-${index}.example.com
  gateways:
  - gw
  http:
  - match:
    - uri:
        prefix: /api/v${index % 7}
    route:
    - destination:
        host: reviews
        port:
          number: 8080
  - route:
    - destination:
        host: reviews.default.svc.cluster.local
`;

/** What may happen to one of them in the round. */
const CHANGES: Record<string, (resources: readonly Resource[], round: number) => readonly Resource[]> = {
  changed: (resources, round) => {
    const changed = read(2 + round * 7);
    return resources.map((resource) => (resource.metadata.name === changed.metadata.name ? changed : resource));
  },
  added: (resources, round) => [...resources, read(resources.length + round)],
  gone: (resources, round) => resources.filter(({ metadata }) => metadata.name !== `vs-${3 + round * 7}`),
};

/** A VirtualService with another route than it has at first. */
function read(index: number): Resource {
  const text = virtualService(index).replace('/api/v', '/other/v');
  return loadResources([{ file: 'changed.yaml', text }], { namespace: 'default' }).resources[0]!;
}

/** Milliseconds of CPU time of a compilation after one object was changed, added or removed, at the median of nine. */
function again(all: readonly Resource[], change: (typeof CHANGES)[string]): number {
  const memo = new CompileMemo();
  const settings = { mesh: {}, identity: INGRESS_GATEWAY, memo };
  let resources = all;
  compile({ ...settings, resources });
  const times = Array.from({ length: 9 }, (_, round) => {
    resources = change(resources, round);
    const busy = process.cpuUsage();
    compile({ ...settings, resources });
    const { user, system } = process.cpuUsage(busy);
    return (user + system) / 1000;
  });
  return Math.round(times.sort((a, b) => a - b)[4] ?? 0);
}

/** One measurement: milliseconds of each step, of CPU time (which counts the collector's threads), of a compilation after a change, and the most memory the process ever held, in MB. */
function measure(count: number): Record<string, number | string> {
  const text = GATEWAY + Array.from({ length: count }, (_, index) => virtualService(index)).join('');
  const start = performance.now();
  const busy = process.cpuUsage();
  const { resources } = validated(loadResources([{ file: 'bench.yaml', text }], { namespace: 'default' }));
  const loaded = performance.now();
  const { snapshot } = compile({ resources, mesh: {}, identity: INGRESS_GATEWAY });
  const compiled = performance.now();
  const { user, system } = process.cpuUsage(busy);
  const peakMB = Math.round(process.resourceUsage().maxRSS / 1024);
  return {
    virtualServices: count,
    virtualHosts: snapshot.routeTables['http.80']?.virtualHosts.length ?? 0,
    loadMs: Math.round(loaded - start),
    compileMs: Math.round(compiled - loaded),
    totalMs: Math.round(compiled - start),
    cpuMs: Math.round((user + system) / 1000),
    ...Object.fromEntries(Object.entries(CHANGES).map(([what, change]) => [`${what}Ms`, again(resources, change)])),
    peakMB,
    id: snapshot.id,
  };
}

const counts = process.argv.slice(2).map(Number);
if (counts.length === 1) console.log(JSON.stringify(measure(counts[0] ?? 0)));
else {
  const rows = (counts.length > 0 ? counts : [1_000, 10_000, 100_000]).map((count) => {
    const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, `${count}`]);
    if (stderr.length > 0) console.error(String(stderr));
    return JSON.parse(String(stdout)) as object;
  });
  console.table(rows);
}
