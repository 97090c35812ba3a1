/** All analysers over one configuration. Each looks for one kind of mistake; none changes what is compiled. */
import type { Compiled } from '../compile/compile.ts';
import { identityOf } from '../compile/identity.ts';
import type { CompileInput } from '../compile/processor.ts';
import { claimRoutes } from './claim-routes.ts';
import { destinations } from './destinations.ts';
import { emptyClusters } from './empty-clusters.ts';
import { envoyFilters } from './envoy-filters.ts';
import type { Finding } from './finding.ts';
import { gatewayBindings } from './gateway-bindings.ts';
import { gatewayConflicts } from './gateway-conflicts.ts';
import { gatewayCredentials } from './gateway-credentials.ts';
import { gatewaySelectors } from './gateway-selectors.ts';
import { headerCommands } from './header-commands.ts';
import { meshConflicts } from './mesh-conflicts.ts';
import { meshEntries } from './mesh-entries.ts';
import { platform } from './platform.ts';
import { shadowedRoutes } from './shadowed-routes.ts';
import { surprises } from './surprises.ts';
import { trafficLimits } from './traffic-limits.ts';
import { upstreamTls } from './upstream-tls.ts';

/** What an analyser may look at. */
export interface Scene {
  input: CompileInput;
  compiled: Compiled;
}
export type Analyser = (scene: Scene) => Finding[];

const ANALYSERS: readonly Analyser[] = [
  gatewaySelectors,
  gatewayConflicts,
  gatewayBindings,
  gatewayCredentials,
  destinations,
  emptyClusters,
  shadowedRoutes,
  claimRoutes,
  meshConflicts,
  meshEntries,
  upstreamTls,
  envoyFilters,
  surprises,
  trafficLimits,
  headerCommands,
  platform,
];

/** Of what was compiled: a definition that another replaced is not looked at. */
export const analyse = (scene: Scene): Finding[] => [...analysing(scene)].flat();

/** The findings of one analyser after another, each looked for when it is asked for. */
export function* analysing({ input, compiled }: Scene): Generator<Finding[]> {
  const identity = identityOf(input.identity, input.mesh);
  const scene = { compiled, input: { ...input, identity, resources: compiled.resources } };
  for (const analyser of ANALYSERS) yield analyser(scene);
}
