/** The part of the catalogue about the way into the mesh: BSP092…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const MESH_MESSAGES = {
  SecondMeshEntry: {
    code: 'BSP0920',
    level: 'warning',
    text: 'there is one way into the mesh, and {first} names it already; this one is left out',
    mend: 'Remove one of the two.',
  },
  MissingBinding: {
    code: 'BSP0921',
    level: 'warning',
    text: 'on Cloudflare {what} is reached by the binding {binding} only, and nothing says what it is bound to: requests there answer 503',
    mend: 'Add [[{kind}]] with binding = "{binding}" and its {field} to wrangler.toml.',
  },
  MissingEntryBinding: {
    code: 'BSP0926',
    level: 'error',
    text: 'on Cloudflare the mesh entry is reached by the binding {binding} only, and nothing says what it is bound to',
    mend: 'Add {entryField} to the MeshEntry, or [[{kind}]] with binding = "{binding}" and its {field} to wrangler.toml.',
  },
  TunnelWithoutAssertion: {
    code: 'BSP0922',
    level: 'error',
    text: 'through a tunnel the entry cannot see who the edge is: whatever speaks to the tunnel would be let in',
    mend: 'Add assertion.jwks; `bowsprit mesh --new-key FILE` makes a key.',
  },
  UnreadableKeys: {
    code: 'BSP0923',
    level: 'error',
    text: 'assertion.jwks is no set of public keys: {error}',
    mend: 'Use what `bowsprit mesh --new-key FILE` prints.',
  },
  GatewayPrincipal: {
    code: 'BSP0924',
    level: 'warning',
    text: '{value} is the ingress gateway, but workloads behind the mesh entry see {entry}: they would answer 403',
    mend: 'Add {entry} beside it.',
  },
  HiddenSubset: {
    code: 'BSP0925',
    level: 'warning',
    text: 'routes name its subset {subset}, but the mesh entry in {namespace} does not see it: exportTo keeps the rule to other namespaces, and the entry would answer 503',
    mend: 'Add {namespace} to exportTo.',
  },
} as const satisfies Record<string, Message>;
