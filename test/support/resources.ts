/** Resources that many tests begin with. YAML texts end with `---`, so that more can follow. */

/** Gateway `gw`: every host, plain, on port 80. */
export const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: default }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
`;

/** The same as an object for the API. */
export const GATEWAY_OBJECT = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'gw' },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
};

/** A VirtualService of `gw` as an object: its hosts are answered with `status`. */
export function answering(name: string, status: number, hosts = [`${name}.test`]) {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name },
    spec: { hosts, gateways: ['gw'], http: [{ directResponse: { status } }] },
  };
}

/** A ServiceEntry for `<name>.example.com`, port 80. @param endpoints flow style: `{address: 127.0.0.1}` */
export const serviceEntry = (name: string, endpoints: readonly string[], resolution = 'STATIC'): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec:
  hosts: [${name}.example.com]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: ${resolution}
  endpoints: [${endpoints.join(', ')}]
---
`;

/** An endpoint on that local port. */
export const localEndpoint = (port: number): string => `{address: 127.0.0.1, ports: {http: ${port}}}`;

/** VirtualService `vs` of `gw`: every host goes to the Service `ui`. */
export const ALL_TO_UI = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs, namespace: default }
spec: { hosts: ["*"], gateways: [gw], http: [{ route: [{ destination: { host: ui } }] }] }
---
`;

/** VirtualService `all` of `gw`: every host, with these entries of `http`, each an indented list item. */
export const routesOf = (entries: readonly string[]): string => `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: all}
spec:
  hosts: ["*"]
  gateways: [gw]
  http:
${entries.join('\n')}
`;
