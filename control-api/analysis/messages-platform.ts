/** The part of the catalogue that says what the runtime itself does otherwise than Envoy: BSP09…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const PLATFORM_MESSAGES = {
  RuntimeRefusesRequests: {
    code: 'BSP0901',
    level: 'info',
    text: 'requests of unusual form (no or an empty Host, unescaped `<` `>` or a back quote in the path, lower-case or unknown methods, CONNECT, over 64 KiB of headers) are refused by the runtime before this gateway sees them: the status may be another than Envoy’s, the text is',
  },
  HostInLowerCase: {
    code: 'BSP0902',
    level: 'info',
    text: 'upstreams receive the Host in lower case, no `te` and no `trailer` header, and no empty `accept`, `origin`, `referer` or `user-agent`: the runtime writes them itself. It sends no GET or HEAD with a body: such a request is answered with 503',
  },
  RequestLineShortened: {
    code: 'BSP0907',
    level: 'info',
    text: 'of the request line the runtime keeps path and query: a fragment is dropped (Envoy answers 400), and the host of an absolute URL gives way to the Host header',
  },
  ProxyProtocolNotSpoken: {
    code: 'BSP0910',
    level: 'warning',
    text: 'gatewayTopology.proxyProtocol: Istio’s gateway takes only connections that begin with a PROXY protocol header; the runtime ends connections itself, and takes those without',
    mend: 'Let the load balancer in front tell the address in X-Forwarded-For, and set numTrustedProxies.',
  },
  HeaderCaseLost: {
    code: 'BSP0909',
    level: 'warning',
    text: 'proxyHeaders.preserveHttp1HeaderCase: the runtime hands names of headers over in lower case, and nobody gets them back',
  },
  DotSegmentsResolved: {
    code: 'BSP0903',
    level: 'warning',
    text: 'pathNormalization NONE: paths are matched as the client sent them, but `.` and `..` segments are resolved on the way upstream',
    mend: 'Use BASE, which resolves them before they are matched.',
  },
  RepeatedHeaderLines: {
    code: 'BSP0904',
    level: 'info',
    text: 'a header sent in several lines reaches this gateway as one, joined by ", ": each part is compared on its own, as well as the whole',
  },
  RewriteToDotSegments: {
    code: 'BSP0905',
    level: 'warning',
    text: 'the rewritten path has a `.` or `..` segment: Envoy sends it as it is, the runtime resolves it on the way upstream',
    mend: 'Write the path without dot segments.',
  },
  CommandNotAnswered: {
    code: 'BSP0908',
    level: 'warning',
    text: 'the header has another value here than at Envoy, or none: a Worker does not see what {commands} tells (sockets, TLS, bytes on the wire, Istio’s metadata of clusters and endpoints)',
  },
  RewriteWithoutSlash: {
    code: 'BSP0906',
    level: 'warning',
    text: 'the rewritten path begins without a `/`: such a request is answered with 400 here; Envoy sends it on, and most servers answer 400 to it',
    mend: 'Begin the path with a `/`.',
  },
} as const satisfies Record<string, Message>;
