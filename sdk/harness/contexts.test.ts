/** Many requests at once in one module, which end in another order than they began. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { FilterStream } from '../../gateway/wasm/filter-stream.ts';
import { HeaderLines } from '../../gateway/wasm/header-map.ts';
import { isolateHost } from '../../gateway/wasm/isolate-host.ts';
import { Vm } from '../../gateway/wasm/vm.ts';
import { compileFilter } from '../build/compile.ts';
import { compileModule } from '../build/module.ts';

const REMEMBERS = `
import { Action, HttpFilter, RequestHeaders, ResponseHeaders } from "bowsprit-sdk";
export class Remembers extends HttpFilter {
  path: string = "";
  onRequestHeaders(request: RequestHeaders): Action {
    this.path = request.path;
    return Action.Continue;
  }
  onResponseHeaders(response: ResponseHeaders): Action {
    response.set("x-path", this.path);
    return Action.Continue;
  }
}`;

async function startedVm(): Promise<Vm> {
  const folder = mkdtempSync(join(tmpdir(), 'contexts-'));
  writeFileSync(join(folder, 'index.ts'), REMEMBERS);
  const { wasm } = await compileFilter(join(folder, 'index.ts'));
  rmSync(folder, { recursive: true });
  const config = { name: 'a', rootId: '', vmId: '', configuration: '', env: {}, failStrategy: 'FAIL_CLOSED' as const };
  return new Vm(compileModule(wasm), config, isolateHost(), callouts);
}

const callouts = { has: () => false, send: () => Promise.reject(new Error('none')) };

function begin(vm: Vm, path: string): FilterStream {
  const stream = new FilterStream(vm, { attributes: undefined as never, filterState: new Map(), callouts });
  stream.requestHeaders(new HeaderLines([[':path', path]]), true);
  return stream;
}

function end(stream: FilterStream): string | null {
  const answer = new HeaderLines([[':status', '200']]);
  stream.responseHeaders(answer, true);
  stream.end({ requestHeaders: new HeaderLines(), responseHeaders: answer });
  return answer.get('x-path');
}

/** Of 64 requests 16 stay in flight while others come and go; when more than 40 do, any one of them ends. */
const KEPT = 16;
const MOST_KEPT = 40;

test('every request finds its own filter, whatever order they end in', async () => {
  const vm = await startedVm();
  let began = 0;
  const numbers = fc.array(fc.nat({ max: 63 }), { minLength: 3000, maxLength: 3000 });
  fc.assert(
    fc.property(numbers, (some) => {
      const inFlight: { path: string; stream: FilterStream }[] = [];
      const finish = (place: number) => {
        const [{ path, stream }] = inFlight.splice(place, 1) as [(typeof inFlight)[number]];
        assert.equal(end(stream), path);
      };
      for (const number of some) {
        const path = `/${began++}`;
        inFlight.push({ path, stream: begin(vm, path) });
        if (number >= KEPT) finish(inFlight.length - 1);
        if (inFlight.length > MOST_KEPT) finish(number % MOST_KEPT);
      }
      while (inFlight.length > 0) finish(0);
      assert.equal(vm.openStreams, 0);
    }),
    { numRuns: 5 },
  );
});
