/** The actions of Envoy's rate limits: every one that an edge can compute, the others refused. */
import { parse } from '@marcbachmann/cel-js';
import type { MetadataPath, RateLimitAction } from '../../../gateway/snapshot.ts';
import { Message as EnvoyMessage, EnvoyRejects, isJson, type Message, typedConfig } from './message.ts';
import { headerMatch, queryParamMatch, type Runtime } from './values.ts';
import { atMost, oneOf, requiredList, requiredMessage, requiredText } from './violations.ts';

const FORMATTER = 'envoy.reloadable_features.enable_formatter_for_ratelimit_action_descriptor_value';
const EXPRESSION = 'envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor';
const DEPRECATED = 'envoy.config.route.v3.RateLimit.Action.dynamic_metadata';

type Reader = (message: Message, runtime: Runtime) => RateLimitAction;

const READERS: Readonly<Record<string, Reader>> = {
  sourceCluster: () => ({ kind: 'sourceCluster' }),
  destinationCluster: () => ({ kind: 'destinationCluster' }),
  remoteAddress: () => ({ kind: 'remoteAddress' }),
  maskedRemoteAddress: (message) => ({
    kind: 'maskedRemoteAddress',
    v4PrefixMaskLen: atMost(message, 'v4PrefixMaskLen', 32, 32, 'MaskedRemoteAddress'),
    v6PrefixMaskLen: atMost(message, 'v6PrefixMaskLen', 128, 128, 'MaskedRemoteAddress'),
  }),
  remoteAddressMatch,
  requestHeaders: (message) => ({
    kind: 'requestHeaders',
    headerName: requiredText(message, 'headerName', 'RequestHeaders').toLowerCase(),
    descriptorKey: requiredText(message, 'descriptorKey', 'RequestHeaders'),
    skipIfAbsent: message.flag('skipIfAbsent'),
  }),
  queryParameters: (message) => ({
    kind: 'queryParameters',
    queryParameterName: requiredText(message, 'queryParameterName', 'QueryParameters'),
    descriptorKey: requiredText(message, 'descriptorKey', 'QueryParameters'),
    skipIfAbsent: message.flag('skipIfAbsent'),
  }),
  genericKey: (message, runtime) => ({
    kind: 'genericKey',
    ...ownValueOf(message, 'generic_key', 'GenericKey', runtime),
  }),
  headerValueMatch: (message, runtime) => ({
    kind: 'headerValueMatch',
    ...ownValueOf(message, 'header_match', 'HeaderValueMatch', runtime),
    expectMatch: message.flag('expectMatch', true),
    headers: requiredList(message, 'headers', 'HeaderValueMatch').map(headerMatch),
  }),
  queryParameterValueMatch: (message, runtime) => ({
    kind: 'queryParameterValueMatch',
    ...ownValueOf(message, 'query_match', 'QueryParameterValueMatch', runtime),
    expectMatch: message.flag('expectMatch', true),
    queryParameters: requiredList(message, 'queryParameters', 'QueryParameterValueMatch').map(queryParamMatch),
  }),
  metadata: (message) => metadata(message, oneOf(message, 'source', ['DYNAMIC', 'ROUTE_ENTRY']), 'MetaData'),
  dynamicMetadata,
  extension,
};

/** @throws EnvoyRejects for an action that Envoy refuses, for two in one, and for one that is not known here. */
export function actionOf(message: Message, runtime: Runtime): RateLimitAction {
  const [name, other] = message.names().filter((each) => READERS[each]);
  const read = name === undefined ? undefined : READERS[name];
  if (name === undefined || read === undefined) {
    const [unknown] = message.unread();
    throw new EnvoyRejects(
      unknown ? `the action ${unknown} is not known here` : 'field: "action_specifier", reason: is required',
    );
  }
  if (other !== undefined)
    throw new EnvoyRejects(`'${other}' has already been set (either directly or as part of a oneof)`);
  return read(message.message(name) as Message, runtime);
}

/** A key with a value of the configuration's own, which is a format behind Envoy's runtime flag. */
function ownValueOf(message: Message, defaultKey: string, type: string, runtime: Runtime) {
  const descriptorValue = requiredText(message, 'descriptorValue', type);
  const defaultValue = message.text('defaultValue');
  return {
    descriptorKey: message.text('descriptorKey') || defaultKey,
    descriptorValue,
    ...(runtime[FORMATTER] === 'true' ? { format: descriptorValue } : {}),
    ...(defaultValue === '' ? {} : { defaultValue }),
  };
}

function remoteAddressMatch(message: Message, runtime: Runtime): RateLimitAction {
  const type = 'RemoteAddressMatch';
  const matcher = requiredMessage(message, 'addressMatcher', type);
  return {
    kind: 'remoteAddressMatch',
    ...ownValueOf(message, 'remote_address_match', type, runtime),
    ranges: matcher.messages('ranges').map((range) => {
      const address = requiredText(range, 'addressPrefix', 'CidrRange');
      return `${address}/${range.number('prefixLen', 0)}`;
    }),
    invert: matcher.flag('invertMatch'),
  };
}

/** The old form of `metadata`, which Envoy refuses unless its runtime lets it pass. */
function dynamicMetadata(message: Message, runtime: Runtime): RateLimitAction {
  const allowed =
    runtime[`envoy.deprecated_features:${DEPRECATED}`] === 'true' ||
    runtime['envoy.features.enable_all_deprecated_features'] === 'true';
  if (!allowed) throw new EnvoyRejects(`Using deprecated option '${DEPRECATED}' from file route_components.proto`);
  return metadata(message, 'DYNAMIC', 'DynamicMetaData');
}

function metadata(message: Message, source: 'DYNAMIC' | 'ROUTE_ENTRY', type: string): RateLimitAction {
  return {
    kind: 'metadata',
    descriptorKey: requiredText(message, 'descriptorKey', type),
    source,
    metadataKey: metadataPath(requiredMessage(message, 'metadataKey', type)),
    defaultValue: message.text('defaultValue'),
    skipIfAbsent: message.flag('skipIfAbsent'),
  };
}

/** envoy.type.metadata.v3.MetadataKey. @throws EnvoyRejects. */
export function metadataPath(message: Message): MetadataPath {
  const path = requiredList(message, 'path', 'MetadataKey');
  return {
    key: requiredText(message, 'key', 'MetadataKey'),
    path: path.map((segment) => requiredText(segment, 'key', 'PathSegment')),
  };
}

function extension(message: Message): RateLimitAction {
  const typed = message.get('typedConfig');
  const { type, fields } = typedConfig(isJson(typed) ? typed : {}, `${message.path}.typed_config`);
  message.ignore('name');
  if (type !== EXPRESSION) throw new EnvoyRejects(`the descriptor extension ${type} is not known here`);
  const expression = message.adopt(new EnvoyMessage(fields, `${message.path}.typed_config`));
  return {
    kind: 'expression',
    descriptorKey: requiredText(expression, 'descriptorKey', 'Descriptor'),
    text: expressionText(expression),
    skipIfError: expression.flag('skipIfError'),
  };
}

function expressionText(message: Message): string {
  const text = message.text('text');
  if (text === '') throw new EnvoyRejects('Rate limit descriptor extension failed: expression specifier is not set');
  try {
    parse(text);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new EnvoyRejects(`Unable to parse descriptor expression: ${reason}`);
  }
  return text;
}
