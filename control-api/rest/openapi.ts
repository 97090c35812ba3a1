/** OpenAPI v3 of each group version, as far as kubectl reads it: explain, field validation, and which patches a kind takes. */
import type { Json } from './apply/fields.ts';
import { describedSchema } from './explain.ts';
import { apiVersionOf, KINDS, type Kind } from './kinds.ts';

export function openApiIndex(): Json {
  const paths: Json = {};
  for (const kind of KINDS) {
    for (const version of kind.versions) {
      const path = pathOf(kind.group, version);
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}` };
    }
  }
  return { paths };
}

const pathOf = (group: string, version: string) => (group ? `apis/${group}/${version}` : `api/${version}`);

/** undefined when the group version is not served. `path` is `apis/networking.istio.io/v1`. */
export function openApiDocument(path: string): Json | undefined {
  const [root, ...rest] = path.split('/');
  const [group, version] = root === 'api' ? ['', rest[0] ?? ''] : [rest[0] ?? '', rest[1] ?? ''];
  const kinds = KINDS.filter((kind) => kind.group === group && kind.versions.includes(version));
  if (kinds.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Bowsprit', version: 'v1' },
    paths: Object.assign({}, ...kinds.map((kind) => pathsOf(kind, version))),
    components: {
      schemas: Object.fromEntries(kinds.map((kind) => [schemaName(kind, version), schemaOf(kind, version)])),
    },
  };
}

const schemaName = (kind: Kind, version: string) =>
  `${(kind.group || 'core').split('.').reverse().join('.')}.${version}.${kind.kind}`;
const gvk = (kind: Kind, version: string) => ({ group: kind.group, version, kind: kind.kind });

function schemaOf(kind: Kind, version: string): Json {
  const { spec, ...properties } = kind.schema.properties ?? {};
  const described = spec && { spec: describedSchema(spec, kind.kind) };
  return {
    ...kind.schema,
    properties: { ...properties, ...described },
    'x-kubernetes-group-version-kind': [gvk(kind, version)],
  };
}

function pathsOf(kind: Kind, version: string): Json {
  const base = `/${pathOf(kind.group, version)}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`;
  const operation = (action: string) => ({
    operationId: `${action}${apiVersionOf(kind.group, version)}${kind.kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind, version),
    parameters: ['dryRun', 'fieldManager', 'fieldValidation', ...(action === 'patch' ? ['force'] : [])].map(query),
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(kind, version)}` } } },
      },
    },
  });
  const item = {
    get: operation('get'),
    put: operation('put'),
    delete: operation('delete'),
    patch: { ...operation('patch'), requestBody: patchBody(kind) },
  };
  return { [base]: { get: operation('list'), post: operation('post') }, [`${base}/{name}`]: item };
}

const query = (name: string) => ({ name, in: 'query', schema: { type: name === 'force' ? 'boolean' : 'string' } });

/** The core kinds take a strategic merge patch; everything else refuses it, as CRDs do. */
function patchBody(kind: Kind): Json {
  const types = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
  const all = kind.hasStatus ? types : [...types, 'application/strategic-merge-patch+json'];
  return { content: Object.fromEntries(all.map((type) => [type, { schema: { type: 'object' } }])) };
}
