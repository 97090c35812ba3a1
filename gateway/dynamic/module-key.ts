/** The key in Workers KV under which the control API puts a module for dynamic workers. */
export const moduleKey = (sha256: string): string => `module/${sha256}`;
