/** TLS towards an upstream: which certificate is shown, and which are believed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, UpstreamTls } from '../../gateway/snapshot.ts';
import type { ExternalService } from './capnp.ts';

/** Writes a file beside the configuration and gives its name. */
export type Keep = (name: string, content: string) => string;

interface Files {
  certificate: string | undefined;
  key: string | undefined;
  ca: string | undefined;
}

/** @param certificates the folder of --certs: `<credentialName>.crt`, `.key` and `.ca`. Files are read anew each time, so a rotation shows. */
export function upstreamTls({ tls, host }: Cluster, keep: Keep, certificates?: string): Pick<ExternalService, 'tls'> {
  if (!tls) return {};
  const { certificate, key, ca } = filesOf(tls, certificates);
  const shown = certificate && key ? { certificate: read(certificate), key: read(key) } : undefined;
  const trusted = ca && read(ca);
  return {
    tls: {
      certificateHost: tls.sni ?? tls.subjectAltNames?.[0] ?? host,
      trustedCertificates: trusted ? [keep('ca.crt', trusted)] : [],
      trustBrowserCas: !trusted,
      ...(shown?.certificate &&
        shown.key && {
          keypair: { certificate: keep('client.crt', shown.certificate), key: keep('client.key', shown.key) },
        }),
    },
  };
}

function filesOf(tls: UpstreamTls, certificates: string | undefined): Files {
  const { credentialName } = tls;
  if (!credentialName) return { certificate: tls.clientCertificate, key: tls.privateKey, ca: tls.caCertificates };
  const file = (ending: string) => certificates && join(certificates, `${credentialName}.${ending}`);
  return { certificate: file('crt'), key: file('key'), ca: file('ca') };
}

function read(file: string): string | undefined {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  console.error(`bowsprit: there is no file ${file}; TLS to the upstream goes without it`);
  return undefined;
}
