import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHASES } from './phase-names.ts';
import { PHASE_TABLE } from './phases.ts';

test('the phase table stands in the order that the compiler sorts filters by', () => {
  const names = PHASE_TABLE.map(({ name }) => name);
  assert.deepEqual(
    names,
    PHASES.filter((name) => names.includes(name)),
  );
});
