import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilterOptions, foldFilter } from './filter.ts';
import { someLine } from './fixture.ts';

const NONE: FilterOptions = { host: [], status: [], flag: [], method: [], details: [] };
const wanted = (options: Partial<FilterOptions>, line = someLine()): boolean =>
  foldFilter({ ...NONE, ...options })(line);

test('without filters every request is shown', () => assert.ok(wanted({})));

test('a host is wanted whatever its case and port, by name or by what it ends with', () => {
  const line = someLine({ authority: 'Shop.Example.com:8080' });
  for (const host of ['shop.example.com', 'SHOP.example.com:8080', '*.example.com', '*'])
    assert.ok(wanted({ host: [host] }, line), host);
  for (const host of ['example.com', 'shop.example.com:80', '*.other.com']) assert.ok(!wanted({ host: [host] }, line));
});

test('a status is wanted by number or by class', () => {
  for (const status of ['503', '5xx', '5XX', '404,503']) assert.ok(wanted({ status: [status] }), status);
  for (const status of ['500', '4xx']) assert.ok(!wanted({ status: [status] }), status);
  for (const status of ['', '99', '5x', '6xx', '5000'])
    assert.throws(() => wanted({ status: [status] }), { exitCode: 64 });
});

test('a flag is wanted among several; a dash means none', () => {
  for (const flag of ['UF', 'urx', 'NR,UF']) assert.ok(wanted({ flag: [flag] }), flag);
  for (const flag of ['U', 'NR', '-']) assert.ok(!wanted({ flag: [flag] }), flag);
  assert.ok(wanted({ flag: ['-'] }, someLine({ response_flags: '-' })));
});

test('one value of a filter is enough, but every filter must fit', () => {
  assert.ok(wanted({ method: ['post', 'get'], status: ['5xx'] }));
  assert.ok(!wanted({ method: ['post', 'get'], status: ['4xx'] }));
});

test('details are wanted by a part of them', () => {
  assert.ok(wanted({ details: ['reset_before'] }));
  assert.ok(!wanted({ details: ['rbac'] }));
  assert.ok(!wanted({ details: ['rbac'] }, someLine({ response_code_details: null })));
});
