import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadFilter } from '../harness/index.ts';
import { BuildError, compileFilter } from './compile.ts';
import { compileModule } from './module.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filter-'));
  await mkdir(join(folder, 'assembly'));
});
after(() => rm(folder, { recursive: true }));

async function compile(source: string) {
  const entry = join(folder, 'assembly', 'index.ts');
  await writeFile(entry, source);
  return compileFilter(entry);
}

const HELLO = `
import { Action, HttpFilter, RequestHeaders } from "bowsprit-sdk";
export class Hello extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    request.set("x-hello", request.path);
    return Action.Continue;
  }
}`;

test('a filter exports the callbacks that it overrides, and no others', async () => {
  const { wasm } = await compile(HELLO);
  const exports = WebAssembly.Module.exports(compileModule(wasm)).map(({ name }) => name);
  assert.ok(exports.includes('proxy_on_request_headers'));
  assert.ok(!exports.includes('proxy_on_response_headers'));
  assert.ok(!exports.includes('proxy_on_log'));
  const filter = await loadFilter(wasm);
  const { upstream } = await filter.request({ path: '/a?b' });
  assert.equal(upstream?.headers.get('x-hello'), '/a?b');
});

test('reading request headers where Envoy does not show them does not compile', async () => {
  const source = `
import { Action, HttpFilter, ResponseHeaders } from "bowsprit-sdk";
export class Wrong extends HttpFilter {
  onResponseHeaders(response: ResponseHeaders): Action {
    response.set("x", response.path);
    return Action.Continue;
  }
}`;
  await assert.rejects(
    compile(source),
    (error) => error instanceof BuildError && /'path' does not exist/.test(error.message),
  );
});

test('what Envoy would refuse is refused with the mend', async () => {
  const source = HELLO.replace('request.path)', 'Date.now().toString())');
  await assert.rejects(
    compile(source),
    (error) => error instanceof BuildError && error.code === 'REFUSED' && /now\(\) of the SDK/.test(error.message),
  );
});

test('a project without a filter says what is missing', async () => {
  await assert.rejects(compile('export const x = 1;'), { code: 'NO_ENTRY' });
});
