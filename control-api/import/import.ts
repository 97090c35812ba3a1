/** Objects of other ingress controllers into ours: what is gathered by one importer each becomes one set of objects. */
import type { Finding } from '../analysis/finding.ts';
import type { Manifest } from '../mesh/manifest.ts';
import type { SourceFile } from '../resources/load.ts';
import { Draft } from './draft.ts';
import { manifestsOf } from './manifests.ts';
import { importIngresses } from './nginx/ingress.ts';
import { readSourceObjects } from './source.ts';
import { importIngressRoutes } from './traefik/ingress-route.ts';

/** `findings` say what could not be carried over. Objects of other kinds are not looked at. */
export function importObjects(
  files: readonly SourceFile[],
  namespace: string,
): { manifests: Manifest[]; findings: Finding[] } {
  const { sources, findings } = readSourceObjects(files, namespace);
  const draft = new Draft(sources);
  importIngresses(draft);
  importIngressRoutes(draft);
  return { manifests: manifestsOf(draft), findings: [...findings, ...draft.findings] };
}
