/** PeerAuthentication is about connections between workloads: the cluster carries it out, the edge must fit in. */
import { about } from '../analysis/about.ts';
import { finding } from '../analysis/report.ts';
import type { Resource } from '../resources/resource.ts';
import type { PeerAuthenticationSpec } from '../resources/types.gen.ts';
import { placePolicies } from './policies/scope.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { ofKind, SECURITY } from './select.ts';

export const peerAuthentication: Processor = {
  name: 'peer-authentication',
  reason: 'it only reports, and stands with the other security policies',
  run(input: CompileInput, draft: Draft) {
    const policies = ofKind<PeerAuthenticationSpec>(input, SECURITY, 'PeerAuthentication');
    for (const policy of policies) {
      const mode = strictest(policy.spec);
      if (mode) draft.findings.push(finding('MutualTlsInCluster', { mode }, about(policy, ['spec', 'mtls'])));
    }
    placePolicies(draft, [], policies as unknown as Resource[]);
  },
};

/** Only STRICT, for the workload or one of its ports, shuts the edge out unless it comes by the mesh entry. */
function strictest({ mtls, portLevelMtls }: PeerAuthenticationSpec): string | undefined {
  const modes = [mtls?.mode, ...Object.values(portLevelMtls ?? {}).map(({ mode }) => mode)];
  return modes.find((mode) => mode === 'STRICT');
}
