/** TLS towards an upstream: which certificate is shown, and which are believed. */
import { existsSync, readFileSync } from 'node:fs';
import type { Cluster, UpstreamTls } from '../../gateway/snapshot.ts';
import type { ExternalService } from './capnp.ts';
import type { Credentials } from './credentials.ts';

/** Writes a file beside the configuration and gives its name. */
export type Keep = (name: string, content: string) => string;

/** PEM texts. */
interface Texts {
  certificate?: string | undefined;
  key?: string | undefined;
  ca?: string | undefined;
}

/** Secrets and files are read anew each time, so a rotation shows. */
export function upstreamTls(
  { tls, host }: Cluster,
  keep: Keep,
  credentials: Credentials,
): Pick<ExternalService, 'tls'> {
  if (!tls) return {};
  const { certificate, key, ca } = textsOf(tls, credentials);
  return {
    tls: {
      certificateHost: tls.sni ?? tls.subjectAltNames?.[0] ?? host,
      trustedCertificates: ca ? [keep('ca.crt', ca)] : [],
      trustBrowserCas: !ca,
      ...(certificate &&
        key && { keypair: { certificate: keep('client.crt', certificate), key: keep('client.key', key) } }),
    },
  };
}

function textsOf(tls: UpstreamTls, credentials: Credentials): Texts {
  const { credentialName: name, clientCertificate, privateKey, caCertificates } = tls;
  if (name) {
    const texts = { ...credentials.pair(name), ca: credentials.authority(name, [`${name}.ca`]) };
    if (!texts.certificate && !texts.ca)
      console.error(`bowsprit: nobody has the credential ${name} of an upstream's TLS`);
    return texts;
  }
  const shown = clientCertificate && privateKey ? { certificate: read(clientCertificate), key: read(privateKey) } : {};
  return { ...shown, ca: read(caCertificates) };
}

function read(file: string | undefined): string | undefined {
  if (!file) return undefined;
  if (existsSync(file)) return readFileSync(file, 'utf8');
  console.error(`bowsprit: there is no file ${file}; TLS to the upstream goes without it`);
  return undefined;
}
