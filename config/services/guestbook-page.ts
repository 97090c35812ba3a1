/** The guestbook's front page in two versions, told apart at a glance. */
import type { ExampleService } from './services.ts';

const COLOURS: Record<string, string> = { '1.0': '#2b6cb0', '2.0': '#2f855a' };

export function guestbookPage({ version }: ExampleService): { type: string; body: string } {
  const body = `<!doctype html>
<html lang="en">
<title>Guestbook ${version}</title>
<style>
  body { font: 18px/1.5 system-ui; margin: 0; display: grid; place-items: center; min-height: 100vh; background: #f7fafc; }
  h1 { color: ${COLOURS[version] ?? '#333'}; }
</style>
<main>
  <h1>Guestbook ${version}</h1>
  <p>Served by ui ${version}, through Bowsprit.</p>
</main>
</html>
`;
  return { type: 'text/html; charset=utf-8', body };
}
