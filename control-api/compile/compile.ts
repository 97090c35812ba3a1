/** Resources in, Snapshot and findings out. The order of the processors is written here and nowhere else. */
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';

const PROCESSORS: readonly Processor[] = [];

export interface Compiled extends Omit<Draft, 'snapshot'> {
  snapshot: Snapshot;
}

export function compile(input: CompileInput): Compiled {
  const draft: Draft = {
    snapshot: {
      mesh: { numTrustedProxies: 0, pathNormalization: 'BASE', nodeCluster: '', accessLog: [] },
      listeners: [],
      routeTables: {},
      clusters: {},
    },
    findings: [],
    placements: [],
  };
  for (const processor of PROCESSORS) processor.run(input, draft);
  return { ...draft, snapshot: { id: '', ...draft.snapshot } };
}
