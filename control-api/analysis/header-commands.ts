/** Commands in header values that a Worker cannot answer as Envoy does: the header goes without what they would give. */
import { commandsOf } from '../compile/envoy-format.ts';
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { VirtualServiceSpec } from '../compile/spec.ts';
import { writtenHeaders } from '../compile/written-headers.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

/** What both give alike, held by test/istio/cases/header-commands.yaml. */
const ANSWERED = new Set(
  `DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_PORT
  DOWNSTREAM_LOCAL_PORT DOWNSTREAM_REMOTE_ADDRESS DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT
  DYNAMIC_METADATA EMIT_TIME ENVIRONMENT HOSTNAME PATH PROTOCOL QUERY_PARAM REQ REQUESTED_SERVER_NAME RESP RESPONSE_CODE
  RESPONSE_CODE_DETAILS RESPONSE_FLAGS RESPONSE_FLAGS_LONG ROUTE_NAME START_TIME STREAM_ID TRACE_ID UNIQUE_ID UPSTREAM_CLUSTER
  UPSTREAM_CLUSTER_RAW UPSTREAM_HOST UPSTREAM_HOST_NAME UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_REMOTE_ADDRESS
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT
  UPSTREAM_TRANSPORT_FAILURE_REASON VIRTUAL_CLUSTER_NAME`.split(/\s+/),
);

export function headerCommands({ input }: Scene): Finding[] {
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    writtenHeaders(virtualService.spec).flatMap(({ path, value }) => {
      const others = commandsOf(value).filter((name) => !ANSWERED.has(name));
      const commands = [...new Set(others)].map((name) => `%${name}%`).join(', ');
      return commands === '' ? [] : [finding('CommandNotAnswered', { commands }, about(virtualService, path))];
    }),
  );
}
