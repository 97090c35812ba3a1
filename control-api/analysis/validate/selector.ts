/** The workload selector that policies, plugins and telemetry share. */
import type { Issues } from './issues.ts';

interface Selected {
  selector?: { matchLabels?: Record<string, string> };
  targetRef?: unknown;
  targetRefs?: unknown[];
}

export function selectorProblems({ selector, targetRef, targetRefs }: Selected): string[] {
  const both =
    selector && (targetRef || (targetRefs?.length ?? 0) > 0)
      ? ['only one of targetRefs or workloadSelector can be set']
      : [];
  return [...both, ...Object.entries(selector?.matchLabels ?? {}).flatMap(([key, value]) => labelProblem(key, value))];
}

export function validateSelector(spec: Selected, issues: Issues): void {
  issues.at('selector').check(...selectorProblems(spec));
}

/** None for a label that can select. */
export function labelProblem(key: string, value: string): string[] {
  const text = JSON.stringify(`${key}=${value}`);
  if (key === '') return [`empty key is not supported in selector: ${text}`];
  return `${key}${value}`.includes('*') ? [`wildcard is not supported in selector: ${text}`] : [];
}
