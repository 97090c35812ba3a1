/** An Explanation for people. */
import type { Explanation, PassedPhase } from './explain.ts';
import type { TriedRoute } from './routes.ts';

export function explanationText({ listener, virtualHost, routes, phases, upstream, answer }: Explanation): string {
  const lines: string[] = [];
  const section = (title: string, entries: string[]): void => {
    if (entries.length > 0) lines.push(`${title}:`, ...entries.map((entry) => `  ${entry}`));
  };
  section('Listener', listener ? [`port ${listener.port} (${listener.name}), server ${listener.server}`] : []);
  section('Virtual host', virtualHost ? [`${virtualHost.name} for ${virtualHost.domains.join(', ')}`] : []);
  for (const [index, tried] of routes.entries()) {
    section(index === 0 ? 'Routes' : 'Routes, chosen again', tried.map(routeLine));
  }
  section('Phases', phases.map(phaseLine));
  for (const { endpoint, clusters, method, url, headers } of upstream) {
    section('Upstream', [
      `${clusters.join(', ')} at ${endpoint}`,
      `${method} ${url}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ]);
  }
  const flags = answer.flags.length > 0 ? `, flags ${answer.flags.join(',')}` : '';
  section('Answer', [
    `${answer.status || 'none'}${answer.details ? ` (${answer.details}${flags})` : ''}`,
    ...answer.headers.map(([name, value]) => `${name}: ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function routeLine({ route, at, match, action, matched, because }: TriedRoute): string {
  const place = `[${route}${at ? `, ${at}` : ''}]`;
  return matched ? `yes ${match} -> ${action}   ${place}` : `no  ${match}: ${because.join('; ')}   ${place}`;
}

function phaseLine({ phase, verdict, reply }: PassedPhase): string {
  if (!reply) return `${phase} ${verdict}`;
  return `${phase} answered ${reply.status} ${JSON.stringify(reply.body)} (${reply.details})`;
}
