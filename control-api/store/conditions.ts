/** What an object's status says: whether it was accepted, whether the live Snapshot holds it, and what of it is not honoured. */
import type { Finding } from '../analysis/finding.ts';
import type { Placement } from '../compile/processor.ts';
import type { Json } from '../rest/apply/fields.ts';
import { same } from '../rest/apply/ownership.ts';

interface Condition {
  type: 'Accepted' | 'Programmed';
  status: 'True' | 'False';
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

/** The status that follows from a compilation; `before` unchanged (the same object) when nothing of it is new. */
export function statusOf(
  before: Json | undefined,
  generation: number,
  findings: Finding[],
  placements: Placement[],
  now: string,
): Json {
  const errors = findings.filter((finding) => finding.level === 'error');
  const elsewhere = placements.filter((placement) => placement.where !== 'edge');
  const accepted = errors.length === 0;
  const conditions = [
    condition('Accepted', accepted, accepted ? 'Valid' : 'Invalid', errors.map(textOf).join('; '), generation),
    condition(
      'Programmed',
      accepted,
      programmedReason(accepted, elsewhere),
      elsewhere.map(placementText).join('; '),
      generation,
    ),
  ];
  const validationMessages = findings.map((finding) => ({
    code: finding.code,
    level: finding.level,
    message: finding.message,
    ...(finding.field && { field: finding.field }),
  }));
  const old = ((before?.conditions ?? []) as Condition[]).filter((c) =>
    conditions.some((mine) => mine.type === c.type),
  );
  const dated = conditions.map((c) => ({
    ...c,
    lastTransitionTime: old.find((o) => o.type === c.type && o.status === c.status)?.lastTransitionTime ?? now,
  }));
  const status = { ...before, observedGeneration: String(generation), conditions: dated, validationMessages };
  return before && same(before, status) ? before : status;
}

function condition(
  type: Condition['type'],
  holds: boolean,
  reason: string,
  message: string,
  observedGeneration: number,
): Omit<Condition, 'lastTransitionTime'> {
  return { type, status: holds ? 'True' : 'False', reason, message, observedGeneration };
}

function programmedReason(accepted: boolean, elsewhere: Placement[]): string {
  if (!accepted) return 'Invalid';
  return elsewhere.length === 0 ? 'Programmed' : 'PartlyElsewhere';
}

const textOf = (finding: Finding) => `${finding.code} ${finding.field ? `${finding.field}: ` : ''}${finding.message}`;
const placementText = ({ field, where, reason }: Placement) =>
  `${field ?? 'all of it'}: ${where === 'cluster' ? 'carried out in the cluster' : 'not supported'} (${reason})`;
