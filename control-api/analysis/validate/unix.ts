/** `unix:///path` or an abstract `unix://@name`, as Istio's webhook judges it; undefined when it is fine. */
export function unixProblem(address: string): string | undefined {
  const path = address.slice('unix://'.length);
  if (path === '') return 'unix address must not be empty';
  if (path.startsWith('@')) return undefined;
  return path.startsWith('/') && !path.endsWith('/') ? undefined : `${path} is not an absolute path to a file`;
}
