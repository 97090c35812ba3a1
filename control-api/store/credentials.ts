/** TLS credentials out of the stored Secrets, opened: for the gateways, never for anybody who calls the API. */
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { type Credential, credentialFrom } from '../resources/tls-secret.ts';
import type { Json } from '../rest/apply/fields.ts';
import { metaOf } from '../rest/metadata.ts';
import type { Change, ObjectStore } from './objects.ts';
import type { Sealer } from './sealer.ts';

const SECRETS = '/secrets';
const DOCKER_CONFIG = '.dockerconfigjson';

/** Whether a change may be one of a credential: Istio takes them from the namespace that the gateway runs in. */
export const touchesCredentials = ({ resource, namespace }: Change): boolean =>
  resource === SECRETS && namespace === INGRESS_GATEWAY.namespace;

/** Every Secret of the gateway's namespace that holds a certificate or an authority. */
export function credentialsIn(store: ObjectStore, sealer: Sealer | undefined): Credential[] {
  if (!sealer) return [];
  const secrets = [...store.list(SECRETS, INGRESS_GATEWAY.namespace)];
  return secrets.map((secret) => credentialOf(secret, sealer)).filter(({ certificate, ca }) => certificate || ca);
}

/** The docker configuration of a Secret of type kubernetes.io/dockerconfigjson; undefined: there is none. */
export function dockerConfigIn(
  store: ObjectStore,
  sealer: Sealer | undefined,
  key: { namespace: string; name: string },
): string | undefined {
  const secret = sealer && store.get({ resource: SECRETS, ...key });
  const sealed = (secret?.data as Record<string, string> | undefined)?.[DOCKER_CONFIG];
  if (!sealer || sealed === undefined) return undefined;
  const encoded = sealer.open(sealed, `${key.namespace}/${key.name}/${DOCKER_CONFIG}`);
  return Buffer.from(encoded, 'base64').toString('utf8');
}

function credentialOf(secret: Json, sealer: Sealer): Credential {
  const { name, namespace } = metaOf(secret);
  const data = (secret.data ?? {}) as Record<string, string>;
  return credentialFrom(name, (key) => {
    const sealed = data[key];
    if (sealed === undefined) return undefined;
    return Buffer.from(sealer.open(sealed, `${namespace}/${name}/${key}`), 'base64').toString('utf8');
  });
}
