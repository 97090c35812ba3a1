/**
 * A filter as an OCI image: one tar+gzip layer with plugin.wasm, the form that every Istio accepts. A single layer of raw
 * Wasm is refused by Istio and is never made here.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { filesOf, tarOf } from './tar.ts';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}
export interface Manifest {
  schemaVersion: 2;
  mediaType?: string;
  config: Descriptor;
  layers: Descriptor[];
  /** Of an index instead. */
  manifests?: Descriptor[];
}
export interface Blob {
  mediaType: string;
  bytes: Uint8Array;
}
export interface Image {
  manifest: Blob;
  /** Configuration and layer. */
  blobs: Blob[];
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';
const RAW_WASM = /^application\/(vnd\.(module|wasm)\..*wasm|wasm)/;
const PLUGIN = 'plugin.wasm';

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export function describe({ mediaType, bytes }: Blob): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

export function imageOf(wasm: Uint8Array, title: string): Image {
  const tar = tarOf(PLUGIN, wasm);
  const layer = { mediaType: LAYER_TYPE, bytes: new Uint8Array(gzipSync(tar, { level: 9 })) };
  const config = json(CONFIG_TYPE, {
    architecture: 'wasm',
    os: 'wasi',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    history: [{ created_by: 'bowsprit filter build' }],
  });
  const manifest = json(MANIFEST_TYPE, {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe(config),
    layers: [{ ...describe(layer), annotations: { 'org.opencontainers.image.title': title } }],
  });
  return { manifest, blobs: [config, layer] };
}

function json(mediaType: string, value: unknown): Blob {
  return { mediaType, bytes: new TextEncoder().encode(JSON.stringify(value)) };
}

/** Which layer holds the plugin: a raw Wasm layer of an artifact, else the last one. undefined: there is none. */
export function pluginLayer({ layers }: Manifest): Descriptor | undefined {
  return layers.find(({ mediaType }) => RAW_WASM.test(mediaType)) ?? layers.at(-1);
}

/** Throws when the layer holds no plugin.wasm. */
export function pluginOf({ mediaType }: Descriptor, bytes: Uint8Array): Uint8Array {
  if (RAW_WASM.test(mediaType)) return bytes;
  const plugin = filesOf(new Uint8Array(gunzipSync(bytes))).get(PLUGIN);
  if (!plugin) throw new Error(`its last layer has no ${PLUGIN}`);
  return plugin;
}
