/**
 * Writes the schemas and types of Istio's kinds from the published Go module istio.io/api (its CRDs), so that no field
 * is ever typed by hand. Needs `go` for the download; the results are committed.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { parseAllDocuments } from 'yaml';

const ISTIO_API = 'istio.io/api@v1.31.1';
const OUT = join(import.meta.dirname, '../control-api/resources');

type Json = Record<string, unknown>;
interface KindSchema {
  group: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  versions: string[];
  required: string[];
  spec: Json;
}
interface Crd {
  spec: {
    group: string;
    names: { kind: string; plural: string; singular?: string; shortNames?: string[] };
    versions: { name: string; schema: { openAPIV3Schema: { required?: string[]; properties: { spec: Json } } } }[];
  };
}

/** The schema without the upstream texts; keys sorted, so that a regeneration shows real changes only. */
function withoutTexts(node: unknown, isPropertyMap = false): unknown {
  if (Array.isArray(node)) return node.map((item) => withoutTexts(item));
  if (node === null || typeof node !== 'object') return node;
  const kept = Object.entries(node).filter(([key]) => isPropertyMap || (key !== 'description' && key !== 'default'));
  return Object.fromEntries(
    kept
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, withoutTexts(value, !isPropertyMap && key === 'properties')]),
  );
}

function istioKinds(): KindSchema[] {
  const { Dir } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', ISTIO_API], { cwd: '/', encoding: 'utf8' }),
  );
  const text = readFileSync(`${Dir}/kubernetes/customresourcedefinitions.gen.yaml`, 'utf8');
  const crds = parseAllDocuments(text).map((document) => document.toJS() as Crd | null);
  return crds.filter((crd) => crd !== null).map(kindOf);
}

/** All versions of a kind share one schema upstream; a version that differs would need its own entry, so it is refused. */
function kindOf(crd: Crd): KindSchema {
  const specs = crd.spec.versions.map((version) => version.schema.openAPIV3Schema);
  const first = specs[0]!;
  const spec = withoutTexts(first.properties.spec) as Json;
  for (const other of specs) {
    if (JSON.stringify(withoutTexts(other.properties.spec)) !== JSON.stringify(spec)) {
      throw new Error(`${crd.spec.names.kind}: its versions differ`);
    }
  }
  return {
    group: crd.spec.group,
    kind: crd.spec.names.kind,
    plural: crd.spec.names.plural,
    singular: crd.spec.names.singular ?? crd.spec.names.kind.toLowerCase(),
    shortNames: crd.spec.names.shortNames ?? [],
    versions: crd.spec.versions.map((version) => version.name),
    required: (first.required ?? []).filter((name) => name === 'spec'),
    spec,
  };
}

/** Our own kinds, one *.schema.json each, in the shape of KindSchema. */
function ownKinds(): KindSchema[] {
  const folder = join(OUT, 'own');
  const names = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as KindSchema);
}

/** What json-schema-to-typescript understands: alternatives and rules dropped, free maps open, the rest closed. */
function forTypes(node: Json): Json {
  const out: Json = {};
  for (const key of ['type', 'required', 'enum', 'items'] as const) if (key in node) out[key] = node[key];
  if (node['x-kubernetes-int-or-string']) return { type: ['string', 'number'] };
  if (node['x-kubernetes-preserve-unknown-fields']) return { type: 'object', additionalProperties: {} };
  if (node.items) out.items = forTypes(node.items as Json);
  if (node.type === 'object') {
    const free = node.additionalProperties;
    out.additionalProperties = free && typeof free === 'object' ? forTypes(free as Json) : false;
    const fields = Object.entries((node.properties ?? {}) as Record<string, Json>);
    out.properties = Object.fromEntries(fields.map(([name, field]) => [name, forTypes(field)]));
  }
  return out;
}

async function types(kinds: KindSchema[]): Promise<string> {
  const parts = await Promise.all(
    kinds.map(({ kind, spec }) =>
      compile(forTypes(spec), `${kind}Spec`, { bannerComment: '', format: false, additionalProperties: false }),
    ),
  );
  return `/** Written by \`npm run generate\` from ${ISTIO_API}; do not edit. */\n\n${parts.join('\n')}`;
}

const kinds = [...istioKinds(), ...ownKinds()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
writeFileSync(join(OUT, 'schemas.gen.json'), `${JSON.stringify(kinds)}\n`);
writeFileSync(join(OUT, 'types.gen.ts'), await types(kinds));
