/** Objects as kubectl reads them. */
import { stringify } from 'yaml';
import type { Manifest } from '../control-api/mesh/manifest.ts';

/** @param format `json` gives one List, anything else YAML documents. */
export function manifestsText(manifests: readonly Manifest[], format: string): string {
  if (format === 'json') return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }, null, 2)}\n`;
  return manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false })).join('---\n');
}
