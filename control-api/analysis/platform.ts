/** What the runtime does otherwise than Envoy, said once for each Gateway, and where a setting meets it. */
import type { CompileInput } from '../compile/processor.ts';
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { GatewaySpec, VirtualServiceSpec } from '../compile/spec.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

const EVERYWHERE = ['RuntimeRefusesRequests', 'HostInLowerCase', 'RequestLineShortened'] as const;

export function platform({ input, compiled }: Scene): Finding[] {
  const [first] = ofKind<GatewaySpec>(input, NETWORKING, 'Gateway');
  if (first === undefined) return [];
  const findings = [...rewrites(input), ...EVERYWHERE.map((name) => finding(name, {}, about(first)))];
  if (compiled.snapshot.mesh.pathNormalization === 'NONE')
    findings.push(finding('DotSegmentsResolved', {}, about(first)));
  findings.push(...meshSettings(input.mesh).map((name) => finding(name, {}, about(first))));
  const byHeaders = ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').find(matchesHeaders);
  if (byHeaders !== undefined) findings.push(finding('RepeatedHeaderLines', {}, about(byHeaders)));
  return findings;
}

interface ProxyConfig {
  gatewayTopology?: { proxyProtocol?: object };
  proxyHeaders?: { preserveHttp1HeaderCase?: boolean };
}

/** What defaultConfig asks of connections. */
function meshSettings(mesh: Record<string, unknown>): ('ProxyProtocolNotSpoken' | 'HeaderCaseLost')[] {
  const { gatewayTopology, proxyHeaders } = (mesh.defaultConfig ?? {}) as ProxyConfig;
  return [
    ...(gatewayTopology?.proxyProtocol ? (['ProxyProtocolNotSpoken'] as const) : []),
    ...(proxyHeaders?.preserveHttp1HeaderCase ? (['HeaderCaseLost'] as const) : []),
  ];
}

const DOT_SEGMENT = /(^|\/)\.{1,2}(\/|$)/;

function rewrites(input: CompileInput): Finding[] {
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    (virtualService.spec.http ?? []).flatMap(({ rewrite }, index) => {
      const { uri = '', uriRegexRewrite } = rewrite ?? {};
      const place = about(virtualService, ['spec', 'http', index, 'rewrite']);
      const dots = DOT_SEGMENT.test(uri) || DOT_SEGMENT.test(uriRegexRewrite?.rewrite ?? '');
      return [
        ...(dots ? [finding('RewriteToDotSegments', {}, place)] : []),
        ...(uri && !uri.startsWith('/') ? [finding('RewriteWithoutSlash', {}, place)] : []),
      ];
    }),
  );
}

function matchesHeaders({ spec }: { spec: VirtualServiceSpec }): boolean {
  return (spec.http ?? []).some((route) => (route.match ?? []).some((match) => match.headers ?? match.withoutHeaders));
}
