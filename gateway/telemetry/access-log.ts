/** Access log lines, folded once for each Snapshot: text as Envoy writes it, or one JSON object a line. */
import type { AccessLog } from '../snapshot.ts';
import type { FormatContext } from './format/context.ts';
import { jsonRender } from './format/json.ts';
import { logRender, type Render } from './format/render.ts';
import { foldLogFilter } from './log-filter.ts';

/**
 * Folds the logs to one function that writes every line of a finished exchange; undefined when nothing is logged. The line
 * is written when the answer's headers leave: bodies pass unseen, so sizes are those that Content-Length declares.
 *
 * @param write one line, without its line end
 */
export function foldAccessLogs(
  logs: readonly AccessLog[],
  write: (line: string) => void = console.log,
): ((exchange: FormatContext) => void) | undefined {
  const renders = logs.map(foldLog);
  if (renders.length === 0) return undefined;
  return (exchange) => {
    for (const render of renders) {
      const line = render(exchange);
      if (line !== undefined) write(line);
    }
  };
}

/** A line, or undefined where the log's filter does not want it. */
function foldLog(log: AccessLog): (exchange: FormatContext) => string | undefined {
  const render = foldLine(log);
  if (log.filter === undefined) return render;
  const wanted = foldLogFilter(log.filter);
  return (exchange) => (wanted(exchange) ? render(exchange) : undefined);
}

function foldLine({ format }: AccessLog): Render {
  return 'text' in format ? logRender(format.text.replace(/\n$/, '')) : jsonRender(format.json);
}
