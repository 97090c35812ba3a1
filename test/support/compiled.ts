/** Users' YAML, files and texts, compiled as `serve` would. */
import { readFileSync } from 'node:fs';
import { type Compiled, compile } from '../../control-api/compile/compile.ts';
import { INGRESS_GATEWAY } from '../../control-api/compile/processor.ts';
import { loadResources } from '../../control-api/resources/load.ts';

export interface Sources {
  /** Relative to the repository's root. */
  files?: string[];
  text?: string;
  mesh?: Record<string, unknown>;
}

export function compiled({ files = [], text = '', mesh = {} }: Sources): Compiled {
  const sources = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  if (text) sources.push({ file: 'test.yaml', text });
  const loaded = loadResources(sources, { namespace: 'default' });
  const result = compile({ resources: loaded.resources, mesh, identity: INGRESS_GATEWAY });
  return { ...result, findings: [...loaded.findings, ...result.findings] };
}

/** A Service with one address, as a cluster would list it. */
export function service(name: string, port: number, labels: Record<string, string> = { app: name }): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {selector: ${JSON.stringify(labels)}, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: default, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{name: http, port: ${port}}]
`;
}
