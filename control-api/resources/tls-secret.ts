/** What a Secret holds for TLS, under Istio's names: those of kubernetes.io/tls, and the older ones of generic Secrets. */
import type { Resource } from './resource.ts';

/** PEM texts; those that the Secret does not have are absent. */
export interface Credential {
  /** The Secret's name, which `credentialName` means. */
  name: string;
  certificate?: string;
  key?: string;
  /** Who may have signed a client's certificate. */
  ca?: string;
}

const CERTIFICATE = ['tls.crt', 'cert'];
const KEY = ['tls.key', 'key'];
const AUTHORITY = ['ca.crt', 'cacert'];

/** @param textOf the value of a key in plain text; undefined: the Secret does not have it */
export function credentialFrom(name: string, textOf: (key: string) => string | undefined): Credential {
  const first = (keys: readonly string[]) => keys.map(textOf).find((text) => text !== undefined);
  const [certificate, key, ca] = [first(CERTIFICATE), first(KEY), first(AUTHORITY)];
  return { name, ...(certificate && { certificate }), ...(key && { key }), ...(ca && { ca }) };
}

type Values = Record<string, string>;

const valuesOf = ({ spec }: Resource): { data: Values; stringData: Values } => ({
  data: (spec.data ?? {}) as Values,
  stringData: (spec.stringData ?? {}) as Values,
});

/** Whether it has a certificate or an authority, whatever they say. */
export function isForTls(secret: Resource): boolean {
  const { data, stringData } = valuesOf(secret);
  return [...CERTIFICATE, ...AUTHORITY].some((key) => key in data || key in stringData);
}

/** Those of `namespace`, the gateway's, as files hold them: `stringData` goes before `data`, as when they are applied. */
export function credentialsOf(resources: readonly Resource[], namespace: string): Credential[] {
  const secrets = resources.filter(
    ({ group, kind, metadata }) => group === '' && kind === 'Secret' && metadata.namespace === namespace,
  );
  return secrets.filter(isForTls).map((secret) => {
    const { data, stringData } = valuesOf(secret);
    const decoded = (text: unknown) =>
      typeof text === 'string' ? Buffer.from(text, 'base64').toString('utf8') : undefined;
    return credentialFrom(secret.metadata.name, (key) => stringData[key] ?? decoded(data[key]));
  });
}
