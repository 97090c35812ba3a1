/** A request for the tests of this folder. */
import type { Line } from './line.ts';

/** An upstream that was not reached. */
export function someLine(values: Partial<Line> = {}): Line {
  return {
    authority: 'shop.example.com',
    bytes_received: 0,
    bytes_sent: 121,
    connection_termination_details: null,
    downstream_local_address: '0.0.0.0:80',
    downstream_remote_address: '127.0.0.1:56048',
    duration: 51,
    method: 'GET',
    path: '/up/a?x=1',
    protocol: 'HTTP/1.1',
    request_id: '7e1d8e2c-0f0a-4a4e-8a55-0f6b7d4cf001',
    requested_server_name: null,
    response_code: 503,
    response_code_details: 'upstream_reset_before_response_started{remote_connection_failure}',
    response_flags: 'URX,UF',
    route_name: null,
    start_time: '2026-01-02T03:04:05.678Z',
    upstream_cluster: 'outbound|80||up.example.com',
    upstream_host: '127.0.0.1:29999',
    upstream_local_address: null,
    upstream_service_time: null,
    upstream_transport_failure_reason: 'connect',
    user_agent: 'curl/8.0',
    x_forwarded_for: '127.0.0.1',
    ...values,
  };
}
