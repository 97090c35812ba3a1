/** Users' YAML as tests need it again and again. */

/** A Gateway `gw` for every host on port 80. */
export const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---`;

/** A ServiceEntry for `<name>.example.com`, port 80. @param endpoints flow style: `{address: 127.0.0.1}` */
export const serviceEntry = (name: string, endpoints: readonly string[], resolution = 'STATIC'): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec:
  hosts: [${name}.example.com]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: ${resolution}
  endpoints: [${endpoints.join(', ')}]`;

/** An endpoint on that local port. */
export const localEndpoint = (port: number): string => `{address: 127.0.0.1, ports: {http: ${port}}}`;
