import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitResponse, parseLimitRequest } from './service-json.ts';

const body = (descriptor: string) => `{"domain":"d","descriptors":[${descriptor}]}`;

test('a field given twice is refused, wherever it stands; text that looks like one is not', () => {
  for (const doubled of [
    '{"domain":"d","domain":"e","descriptors":[{}]}',
    body('{"entries":[{"key":"a","key":"b"}]}'),
    body('{"entries":[],"hitsAddend":1,"hits_addend":1}'),
  ])
    assert.throws(() => parseLimitRequest(doubled), { code: 'BAD_LIMIT_REQUEST' });
  const text = '\\"key\\":{';
  const parsed = parseLimitRequest(body(`{"entries":[{"key":"${text}","value":"${text}"},{"key":"a"}]}`));
  assert.equal(parsed.descriptors[0]?.entries[0]?.value, '"key":{');
});

test('metadata of the answer names the limit that was asked for, in protobuf text', () => {
  const asked = parseLimitRequest(body('{"entries":[],"limit":{"requestsPerUnit":2,"unit":"HOUR"}}'));
  const { dynamicMetadata } = limitResponse(asked, { over: false, statuses: [] }, { dynamicMetadata: true });
  assert.deepEqual(dynamicMetadata, {
    domain: 'd',
    descriptors: [{ entries: [], limit: 'requests_per_unit:2 unit:HOUR' }],
  });
});
