/** The Durable Object that keeps the configuration: objects, their log, tokens and the audit trail, and the API over them. */
import { DurableObject } from 'cloudflare:workers';
import { Audit } from '../access/audit.ts';
import { authenticator } from '../access/authenticate.ts';
import { Tokens } from '../access/tokens.ts';
import { createApp } from '../rest/app.ts';
import { born } from '../rest/metadata.ts';
import { parseTarget } from '../rest/target.ts';
import { ObjectStore } from './objects.ts';
import { durableSql } from './sql.ts';

export interface ControlEnv {
  CONTROL: DurableObjectNamespace<ControlStore>;
  /** The first admin token of a self-hosted start; nothing but its hash is kept. */
  BOOTSTRAP_TOKEN?: string;
}

const A_YEAR_MS = 365 * 24 * 3600 * 1000;

export class ControlStore extends DurableObject<ControlEnv> {
  private readonly app: ReturnType<typeof createApp>;

  constructor(ctx: DurableObjectState, env: ControlEnv) {
    super(ctx, env);
    const sql = durableSql(ctx.storage);
    const store = new ObjectStore(sql);
    const tokens = new Tokens(sql);
    for (const namespace of ['default', 'istio-system']) makeNamespace(store, namespace);
    this.app = createApp({ store, audit: new Audit(sql), authenticate: authenticator(tokens) });
    const { BOOTSTRAP_TOKEN } = env;
    if (BOOTSTRAP_TOKEN) {
      ctx.blockConcurrencyWhile(async () => {
        await tokens.adopt(BOOTSTRAP_TOKEN, 'admin', [{ role: 'admin', namespace: '*' }], Date.now() + A_YEAR_MS);
      });
    }
  }

  override fetch(request: Request): Response | Promise<Response> {
    return this.app.fetch(request);
  }
}

/** The two namespaces that every mesh has; users make the others. */
function makeNamespace(store: ObjectStore, name: string): void {
  const key = { resource: '/namespaces', namespace: '', name };
  if (store.get(key)) return;
  const target = parseTarget(`/api/v1/namespaces/${name}`);
  store.put(
    key,
    born({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } }, target),
  );
}
