/** `oci://registry.example.com:5000/team/filter:1.0` and `…@sha256:…`. */

export interface Reference {
  /** With its port. */
  registry: string;
  repository: string;
  /** A tag, or a digest. */
  reference: string;
}

/** Throws on what is no image. The tag is `latest` when there is none. */
export function parseReference(url: string): Reference {
  const match = /^(?:oci:\/\/)?([^/:@]+(?::\d+)?)\/([^/@:][^@:]*)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(url);
  if (!match) throw new Error(`${url} is not an image: oci://registry/repository:tag`);
  const [, registry = '', repository = '', tag, digest] = match;
  return { registry, repository, reference: digest ?? tag ?? 'latest' };
}

/** Registries on this machine speak plain HTTP, as docker and containerd assume too. */
export function baseUrl({ registry }: Reference): string {
  const host = registry.replace(/:\d+$/, '');
  const local = host === 'localhost' || host.startsWith('127.') || host === '[::1]';
  return `${local ? 'http' : 'https'}://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}/v2`;
}
