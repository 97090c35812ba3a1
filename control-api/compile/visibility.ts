/** exportTo: who may see an object. `.` is its own namespace, `*` everybody, `~` nobody. */

/** The namespaces of exportTo with `.` resolved; the mesh's default where the object says nothing. */
export function exportedTo(exportTo: readonly string[] | undefined, own: string, meshDefault?: unknown): Set<string> {
  const given = exportTo?.length ? exportTo : defaultExportTo(meshDefault);
  return new Set(given.map((entry) => (entry === '.' ? own : entry)));
}

/** Whether a proxy in `namespace` sees it. */
export function isVisible(exported: ReadonlySet<string>, namespace: string): boolean {
  return exported.has('*') || (exported.has(namespace) && !exported.has('~'));
}

/** MeshConfig.default…ExportTo; everybody when it is not set. */
function defaultExportTo(meshDefault: unknown): readonly string[] {
  return Array.isArray(meshDefault) && meshDefault.length > 0 ? meshDefault.map(String) : ['*'];
}
