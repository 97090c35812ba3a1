/** Prometheus' text format, and who in this isolate has something to say in it. */

const sources: (() => string)[] = [];

/** `render` gives whole families: `# TYPE` lines and samples, each line ended. */
export function exposeMetrics(render: () => string): void {
  sources.push(render);
}

export function renderMetrics(): string {
  return sources.map((render) => render()).join('');
}

/** `{a="1",b="2"}` with values escaped as the format asks. */
export function labels(pairs: Readonly<Record<string, string>>): string {
  const written = Object.entries(pairs).map(([name, value]) => `${name}="${value.replace(/["\\\n]/g, escaped)}"`);
  return `{${written.join(',')}}`;
}

const escaped = (character: string) => (character === '\n' ? '\\n' : `\\${character}`);
