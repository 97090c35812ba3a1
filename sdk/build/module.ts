/** `new WebAssembly.Module` for Node: the Workers' types forbid it, because workerd does. */
export function compileModule(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const Module = WebAssembly.Module as unknown as new (bytes: BufferSource) => WebAssembly.Module;
  return new Module(bytes);
}
