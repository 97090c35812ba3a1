import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumMetrics } from './metrics.ts';

const one = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200"} 3
requests_total{code="404"} 1
# TYPE up gauge
up 1
`;
const two = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200"} 4
requests_total{code="503",path="a b}"} 2 1700000000
# TYPE up gauge
up 1
`;

test('equal series of several processes are added up, and stay below their comments', () => {
  assert.equal(
    sumMetrics([one, two]),
    `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200"} 7
requests_total{code="404"} 1
requests_total{code="503",path="a b}"} 2
# TYPE up gauge
up 2
`,
  );
});

test('a series without a comment is no part of the metric before it', () => {
  const text = '# TYPE up gauge\nup 1\nupstream 2\n# TYPE down gauge\ndown 1\n';
  assert.equal(sumMetrics([text, text]), '# TYPE up gauge\nup 2\nupstream 4\n# TYPE down gauge\ndown 2\n');
});

test('nothing from a process that did not answer', () => assert.equal(sumMetrics(['', one]), sumMetrics([one])));
