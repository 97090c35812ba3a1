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

/** Whether what is stored now is what the gateways serve. */
export type Liveness =
  | { live: true }
  | { live: false; reason: 'Pending' | 'GatewayRefused' | 'RolledBack'; message: string };

/** What a compilation said about one object, and whether it is live. */
export interface Said {
  findings: Finding[];
  placements: Placement[];
  liveness: Liveness;
}

/** The status that follows from a compilation; `before` unchanged (the same object) when nothing of it is new. */
export function statusOf(before: Json | undefined, generation: number, said: Said, now: string): Json {
  const { findings } = said;
  const conditions = [accepted(findings), programmed(said, before, generation)].map((condition) => ({
    ...condition,
    observedGeneration: generation,
  }));
  const validationMessages = findings.map(({ code, level, message, field }) => ({
    code,
    level,
    message,
    ...(field && { field }),
  }));
  const old = (before?.conditions ?? []) as Condition[];
  const dated = conditions.map((c) => ({
    ...c,
    lastTransitionTime: old.find((o) => o.type === c.type && o.status === c.status)?.lastTransitionTime ?? now,
  }));
  const status = { ...before, observedGeneration: String(generation), conditions: dated, validationMessages };
  return before && same(before, status) ? before : status;
}

type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const errorsOf = (findings: Finding[]) => findings.filter(({ level }) => level === 'error');

function accepted(findings: Finding[]): Verdict {
  const errors = errorsOf(findings);
  const message = errors.map(textOf).join('; ');
  return errors.length === 0
    ? { type: 'Accepted', status: 'True', reason: 'Valid', message }
    : { type: 'Accepted', status: 'False', reason: 'Invalid', message };
}

/** What was live stays so while a change of something else is on its way. */
function programmed({ findings, placements, liveness }: Said, before: Json | undefined, generation: number): Verdict {
  const type = 'Programmed';
  if (errorsOf(findings).length > 0) return { type, status: 'False', reason: 'Invalid', message: 'see Accepted' };
  if (!liveness.live) {
    const old = ((before?.conditions ?? []) as Condition[]).find((condition) => condition.type === type);
    const waits = liveness.reason === 'Pending' && old?.status === 'True' && old.observedGeneration === generation;
    if (waits) return { type, status: old.status, reason: old.reason, message: old.message };
    return { type, status: 'False', reason: liveness.reason, message: liveness.message };
  }
  const elsewhere = placements.filter(({ field, where }) => where !== 'edge' || field !== undefined);
  const whole = placements.find(({ field, where }) => field === undefined && where !== 'edge');
  const message = elsewhere.map(placementText).join('; ');
  if (whole?.where === 'unsupported') return { type, status: 'False', reason: 'NotSupported', message };
  const partly = placements.some(({ where }) => where !== 'edge');
  const reason = whole ? 'CarriedOutInCluster' : partly ? 'PartlyElsewhere' : 'Programmed';
  return { type, status: 'True', reason, message };
}

const textOf = (finding: Finding) => `${finding.code} ${finding.field ? `${finding.field}: ` : ''}${finding.message}`;
const WHERE: Record<Placement['where'], string> = {
  edge: 'carried out with a reserve',
  cluster: 'carried out in the cluster',
  unsupported: 'not supported',
};
const placementText = ({ field, where, reason }: Placement) => `${field ?? 'all of it'}: ${WHERE[where]} (${reason})`;
