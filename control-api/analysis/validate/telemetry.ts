/** Telemetry, as Istio's webhook judges it. */
import { parse } from '@marcbachmann/cel-js';
import type { TelemetrySpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';
import { validateSelector } from './selector.ts';

type Tracing = NonNullable<TelemetrySpec['tracing']>[number];
type Override = NonNullable<NonNullable<TelemetrySpec['metrics']>[number]['overrides']>[number];
type Tag = NonNullable<Tracing['customTags']>[string];

export function validateTelemetry(spec: TelemetrySpec, issues: Issues): void {
  const { tracing = [], metrics, accessLogging } = spec;
  validateSelector(spec, issues);
  if (tracing.length > 1) issues.at('tracing').warn('multiple tracing is not currently supported');
  issues.each(['tracing'], tracing, validateTracing);
  issues.each(['metrics'], metrics, ({ providers, overrides }, at) => {
    validateProviders(providers, at);
    at.each(['overrides'], overrides, validateOverride);
  });
  issues.each(['accessLogging'], accessLogging, ({ providers, filter }, at) => {
    validateProviders(providers, at);
    if (filter) at.at('filter', 'expression').check(expressionProblem(filter.expression ?? ''));
  });
}

function validateProviders(providers: readonly { name?: string }[] | undefined, issues: Issues): void {
  if (providers?.some(({ name }) => !name)) issues.at('providers').error('providers.name may not be empty');
}

function validateTracing(
  { providers = [], randomSamplingPercentage: share, customTags = {} }: Tracing,
  issues: Issues,
): void {
  if (providers.length > 1) issues.at('providers').warn('multiple providers is not currently supported');
  validateProviders(providers, issues);
  if ((share ?? 0) < 0 || (share ?? 0) > 100) {
    issues.at('randomSamplingPercentage').error('randomSamplingPercentage must be in range [0.0, 100.0]');
  }
  for (const [name, tag] of Object.entries(customTags)) {
    if (name === '') issues.at('customTags').error('tag name may not be empty');
    issues.at('customTags', name).check(tagProblem(tag));
  }
}

function tagProblem({ literal, header, environment }: Tag): string | undefined {
  if (literal && !literal.value) return 'literal tag value may not be empty';
  if (header && !header.name) return 'header tag name may not be empty';
  return environment && !environment.name ? 'environment tag name may not be empty' : undefined;
}

function validateOverride({ match, tagOverrides = {} }: Override, issues: Issues): void {
  for (const [name, { operation = 'UPSERT', value }] of Object.entries(tagOverrides)) {
    const at = issues.at('tagOverrides', name);
    if (name === '') at.warn('tagOverrides.name may not be empty');
    if (operation === 'UPSERT' && !value) at.error('tagOverrides.value must be set when operation is UPSERT');
    if (operation === 'REMOVE' && value) at.error('tagOverrides.value may only be set when operation is UPSERT');
  }
  if (match?.customMetric === '') issues.at('match', 'customMetric').error('customMetric may not be empty');
}

/** Its syntax only: what a name stands for is known where it is evaluated. */
function expressionProblem(text: string): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    return `must be a valid CEL expression, ${(error as Error).message.split('\n', 1)[0]}`;
  }
}
