/** Envoy's `rate_limits` entries into RateLimitPolicies: every action that an edge can compute, the others refused. */
import type { MetadataPath, RateLimitAction, RateLimitPolicy } from '../../../gateway/snapshot.ts';
import { Message as EnvoyMessage, EnvoyRejects, type Message, typedConfig } from './message.ts';
import { headerMatch, queryParamMatch, type Runtime } from './values.ts';

const FORMATTER = 'envoy.reloadable_features.enable_formatter_for_ratelimit_action_descriptor_value';
const EXPRESSION = 'envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor';

/** @returns the entries that Envoy's runtime has not switched off. @throws EnvoyRejects for what Envoy refuses. */
export function rateLimitPolicies(messages: readonly Message[], runtime: Runtime): RateLimitPolicy[] {
  return messages.flatMap((message) => {
    const key = message.text('disableKey');
    const policy = policyOf(message, runtime);
    return key !== '' && Number(runtime[`ratelimit.${key}.http_filter_enabled`] ?? 100) <= 0 ? [] : [policy];
  });
}

function policyOf(message: Message, runtime: Runtime): RateLimitPolicy {
  const stage = message.number('stage', 0);
  if (stage > 10) throw new EnvoyRejects('RateLimitValidationError.Stage: value must be less than or equal to 10');
  const actions = message.messages('actions').map((action) => actionOf(action, runtime));
  if (actions.length === 0)
    throw new EnvoyRejects('RateLimitValidationError.Actions: value must contain at least 1 item(s)');
  const override = message.message('limit')?.message('dynamicMetadata')?.message('metadataKey');
  const hits = message.message('hitsAddend');
  return {
    stage,
    actions,
    ...(override ? { limit: metadataPath(override) } : {}),
    ...(hits ? { hitsAddend: hitsAddend(hits) } : {}),
    ...(message.flag('applyOnStreamDone') ? { applyOnStreamDone: true } : {}),
  };
}

function hitsAddend(message: Message): NonNullable<RateLimitPolicy['hitsAddend']> {
  const format = message.text('format');
  return format === '' ? { number: message.number('number', 1) } : { format };
}

type Reader = (message: Message, runtime: Runtime) => RateLimitAction;

const READERS: Readonly<Record<string, Reader>> = {
  sourceCluster: () => ({ kind: 'sourceCluster' }),
  destinationCluster: () => ({ kind: 'destinationCluster' }),
  remoteAddress: () => ({ kind: 'remoteAddress' }),
  maskedRemoteAddress: (message) => ({
    kind: 'maskedRemoteAddress',
    v4PrefixMaskLen: message.number('v4PrefixMaskLen', 32),
    v6PrefixMaskLen: message.number('v6PrefixMaskLen', 128),
  }),
  requestHeaders: (message) => ({
    kind: 'requestHeaders',
    headerName: required(message, 'headerName').toLowerCase(),
    descriptorKey: required(message, 'descriptorKey'),
    skipIfAbsent: message.flag('skipIfAbsent'),
  }),
  queryParameters: (message) => ({
    kind: 'queryParameters',
    queryParameterName: required(message, 'queryParameterName'),
    descriptorKey: required(message, 'descriptorKey'),
    skipIfAbsent: message.flag('skipIfAbsent'),
  }),
  genericKey,
  headerValueMatch: (message, runtime) => ({
    kind: 'headerValueMatch',
    ...valueMatch(message, 'header_match', runtime),
    headers: someOf(message, 'headers').map(headerMatch),
  }),
  queryParameterValueMatch: (message, runtime) => ({
    kind: 'queryParameterValueMatch',
    ...valueMatch(message, 'query_match', runtime),
    queryParameters: someOf(message, 'queryParameters').map(queryParamMatch),
  }),
  metadata: (message) => metadata(message, message.text('source') === 'ROUTE_ENTRY' ? 'ROUTE_ENTRY' : 'DYNAMIC'),
  dynamicMetadata: (message) => metadata(message, 'DYNAMIC'),
  extension,
};

function actionOf(message: Message, runtime: Runtime): RateLimitAction {
  for (const [name, read] of Object.entries(READERS)) {
    if (!message.has(name)) continue;
    return read(message.message(name) as Message, runtime);
  }
  const [known] = message.unread();
  throw new EnvoyRejects(known ? `the action ${known} is not known here` : 'RateLimit.Action: value is required');
}

function genericKey(message: Message, runtime: Runtime): RateLimitAction {
  const descriptorValue = required(message, 'descriptorValue');
  const defaultValue = message.text('defaultValue');
  return {
    kind: 'genericKey',
    descriptorKey: message.text('descriptorKey') || 'generic_key',
    descriptorValue,
    ...(runtime[FORMATTER] === 'true' ? { format: descriptorValue } : {}),
    ...(defaultValue === '' ? {} : { defaultValue }),
  };
}

function valueMatch(message: Message, key: string, _runtime: Runtime) {
  return {
    descriptorKey: message.text('descriptorKey') || key,
    descriptorValue: required(message, 'descriptorValue'),
    expectMatch: message.flag('expectMatch', true),
  };
}

function metadata(message: Message, source: 'DYNAMIC' | 'ROUTE_ENTRY'): RateLimitAction {
  const path = message.message('metadataKey');
  if (!path) throw new EnvoyRejects(`${message.path}.metadata_key: value is required`);
  return {
    kind: 'metadata',
    descriptorKey: required(message, 'descriptorKey'),
    source,
    metadataKey: metadataPath(path),
    defaultValue: message.text('defaultValue'),
    skipIfAbsent: message.flag('skipIfAbsent'),
  };
}

function metadataPath(message: Message): MetadataPath {
  return { key: required(message, 'key'), path: someOf(message, 'path').map((segment) => required(segment, 'key')) };
}

function extension(message: Message): RateLimitAction {
  const { type, fields } = typedConfig(message.get('typedConfig'), `${message.path}.typed_config`);
  message.ignore('name');
  if (type !== EXPRESSION) throw new EnvoyRejects(`the descriptor extension ${type} is not known here`);
  const expression = new EnvoyMessage(fields, `${message.path}.typed_config`);
  return {
    kind: 'expression',
    descriptorKey: required(expression, 'descriptorKey'),
    text: required(expression, 'text'),
    skipIfError: expression.flag('skipIfError'),
  };
}

function required(message: Message, name: string): string {
  const text = message.text(name);
  if (text === '') throw new EnvoyRejects(`${message.path}.${name}: value length must be at least 1 characters`);
  return text;
}

function someOf(message: Message, name: string): Message[] {
  const messages = message.messages(name);
  if (messages.length === 0) throw new EnvoyRejects(`${message.path}.${name}: value must contain at least 1 item(s)`);
  return messages;
}
