/** The upstreams of random configurations, on the ports where ../conformance/echo.ts listens. */
export const REVIEWS = 'reviews.default.svc.cluster.local';

/** An object of that API's v1. */
export const resource = (group: string, kind: string, name: string, spec: object, namespace = 'default'): object => ({
  apiVersion: `${group}.istio.io/v1`,
  kind,
  metadata: { name, namespace },
  spec,
});

/** A Gateway that Istio's ingress gateway serves. */
export const gateway = (name: string, servers: object[]): object =>
  resource('networking', 'Gateway', name, { selector: { istio: 'ingressgateway' }, servers });

const subset = (version: string) => ({ name: version, labels: { version } });

export const SERVICES: readonly object[] = [
  service('reviews', { v1: 21001, v2: 21002, v3: 21003 }),
  service('shadow', { v1: 21041 }),
  resource('networking', 'DestinationRule', 'reviews', { host: REVIEWS, subsets: ['v1', 'v2', 'v3'].map(subset) }),
];

function service(name: string, versions: Record<string, number>): object {
  const endpoints = Object.entries(versions).map(([version, port]) => ({
    address: '127.0.0.1',
    ports: { http: port },
    labels: { version },
  }));
  return resource('networking', 'ServiceEntry', name, {
    hosts: [`${name}.default.svc.cluster.local`],
    location: 'MESH_INTERNAL',
    resolution: 'STATIC',
    ports: [{ number: 8080, name: 'http', protocol: 'HTTP' }],
    endpoints,
  });
}

/** As a file of YAML documents. */
export const documents = (objects: readonly object[]): string =>
  objects.map((one) => JSON.stringify(one)).join('\n---\n');
