/** An image as files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, digestOf, type Image } from '../../control-api/modules/oci/image.ts';

/** An OCI image layout, as skopeo, oras and crane read it. */
export function writeLayout(folder: string, { manifest, blobs }: Image): void {
  const place = join(folder, 'blobs', 'sha256');
  mkdirSync(place, { recursive: true });
  for (const { bytes } of [manifest, ...blobs])
    writeFileSync(join(place, digestOf(bytes).slice('sha256:'.length)), bytes);
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [describe(manifest)] }));
}
