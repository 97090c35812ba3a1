/** NETWORK_FILTER patches of the HTTP connection manager: the few settings that an edge has too. */
import type { Listener } from '../../../gateway/snapshot.ts';
import type { Draft } from '../processor.ts';
import { currentName, HTTP_CONNECTION_MANAGER } from './filter-names.ts';
import { listenerMatches } from './listener-match.ts';
import { EnvoyRejects, Message, typedConfig } from './message.ts';
import { type Patch, report } from './patches.ts';

const TYPE =
  /^envoy\.(extensions\.filters\.network\.http_connection_manager\.v3|config\.filter\.network\.http_connection_manager\.v2)\.HttpConnectionManager$/;

export function patchConnectionManager(patch: Patch, draft: Draft): void {
  const filter = patch.match.listener?.filterChain?.filter?.name ?? '';
  if (patch.operation !== 'MERGE' || (filter !== '' && currentName(filter) !== HTTP_CONNECTION_MANAGER)) {
    report(draft, patch, 'EnvoyFilterNotUnderstood', {
      what: `${patch.operation} of the network filter ${filter || '(any)'}`,
    });
    return;
  }
  const listeners = draft.snapshot.listeners.filter((listener) => listenerMatches(patch, listener, draft));
  if (listeners.length === 0) report(draft, patch, 'EnvoyFilterNoMatch', { what: 'no listener matches' });
  try {
    const settings = settingsOf(patch, draft);
    for (const listener of listeners) listener.connection = { ...listener.connection, ...settings };
  } catch (error) {
    if (!(error instanceof EnvoyRejects)) throw error;
    report(draft, patch, 'EnvoyRejectsPatch', { error: error.message });
  }
}

function settingsOf(patch: Patch, draft: Draft): NonNullable<Listener['connection']> {
  const { type, fields } = typedConfig(patch.value.typed_config ?? patch.value.typedConfig, 'typed_config');
  if (!TYPE.test(type))
    throw new EnvoyRejects(`typed_config of type ${type} cannot be merged into the connection manager`);
  const message = new Message(fields).ignore('statPrefix');
  const serverName = message.text('serverName');
  const settings = {
    ...(serverName === '' ? {} : { serverName }),
    ...(message.has('mergeSlashes') ? { mergeSlashes: message.flag('mergeSlashes') } : {}),
    ...(message.has('stripAnyHostPort') ? { stripAnyHostPort: message.flag('stripAnyHostPort') } : {}),
    ...(message.has('xffNumTrustedHops') ? { xffNumTrustedHops: message.number('xffNumTrustedHops', 0) } : {}),
  };
  for (const field of message.unread()) {
    report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `connection manager field ${field}` });
  }
  return settings;
}
