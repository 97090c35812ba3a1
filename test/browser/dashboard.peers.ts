/** The dashboard in a real browser: a token opens it, it shows what there is, reads well everywhere, and keeps every secret. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type Connection, ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { type Served, startServed } from '../control/served.ts';
import { browserPath } from './browser-path.ts';

const NETWORKING = '/apis/networking.istio.io/v1/namespaces/default';
const CANARY = 'canary-value';
const CONTRASTS = readFileSync(join(import.meta.dirname, 'contrasts.js'), 'utf8');
/** Set it to look at the pages. */
const SCREENSHOTS = process.env.BOWSPRIT_SCREENSHOTS;
let served: Served;
let browser: Browser;
let connection: Connection;

const gateway = {
  metadata: { name: 'gw' },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
};
const virtualService = (name: string, bound: string) => ({
  metadata: { name },
  spec: { hosts: [`${name}.test`], gateways: [bound], http: [{ directResponse: { status: 201 } }] },
});

before(async () => {
  served = await startServed();
  connection = connectionFrom(served.kubeconfig);
  const client = new ControlClient(connection);
  await client.call('POST', `${NETWORKING}/gateways`, gateway);
  await client.call('POST', `${NETWORKING}/virtualservices`, virtualService('web', 'gw'));
  await client.call('POST', `${NETWORKING}/virtualservices`, virtualService('lost', 'absent'));
  const secret = { metadata: { name: 'login' }, stringData: { password: CANARY } };
  await client.call('POST', '/api/v1/namespaces/default/secrets', secret);
  await served.until('web.test', '/', 201);
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'];
  browser = await chromium.launch({ executablePath: browserPath(), headless: true, args });
});
after(async () => {
  await browser?.close();
  await served?.stop();
});

/** A page as somebody with `token` sees it; HTTP authentication is how the browser asks for it. */
async function open(token: string, options: BrowserContextOptions = {}): Promise<{ page: Page; status: number }> {
  const httpCredentials = { username: 'ada', password: token };
  const context = await browser.newContext({ ignoreHTTPSErrors: true, httpCredentials, ...options });
  const page = await context.newPage();
  const answer = await page.goto(`${connection.server}/dashboard`, { timeout: 20_000 });
  return { page, status: answer?.status() ?? 0 };
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

test('a token opens it and a guess does not', async () => {
  const guess = await open(`bsp_${'0'.repeat(64)}`);
  assert.equal(guess.status, 401);
  assert.ok(!(await guess.page.content()).includes('virtualservice'));
  assert.equal((await open(connection.token)).status, 200);
});

test('objects, findings and history are there, and no secret is', async () => {
  const { page } = await open(connection.token);
  const row = (name: string) => page.locator('section[aria-labelledby=objects] tr', { hasText: name }).innerText();
  assert.match(await row('web'), /VirtualService[\s\S]*True[\s\S]*True/);
  const findings = await page.locator('section[aria-labelledby=findings]').innerText();
  assert.match(findings, /IST0101[\s\S]*lost/);
  assert.match(await page.locator('section[aria-labelledby=history]').innerText(), /admin/);
  const dom = await page.content();
  for (const secret of [CANARY, btoa(CANARY), connection.token, 'login']) assert.ok(!dom.includes(secret), secret);
});

test('every section has a name, every column a header, and text stands out from what is behind it', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await open(connection.token, { colorScheme });
    assert.equal(await page.locator('h1').count(), 1);
    assert.equal(await page.locator('section:not([aria-labelledby])').count(), 0);
    assert.equal(await page.locator('th:not([scope])').count(), 0);
    const contrasts = await page.evaluate<number[]>(CONTRASTS);
    assert.ok(contrasts.length > 20);
    assert.ok(Math.min(...contrasts) >= 4.5, `WCAG 2.2 wants 4.5, ${colorScheme} has ${Math.min(...contrasts)}`);
    await shoot(page, colorScheme);
  }
});

test('a phone shows all of it without scrolling sideways', async () => {
  const { page } = await open(connection.token, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(overflow <= 0, `${overflow} px too wide`);
  assert.ok(await page.locator('section[aria-labelledby=objects] td', { hasText: 'web' }).first().isVisible());
  await shoot(page, 'phone');
});
