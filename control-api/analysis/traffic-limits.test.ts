import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { trafficLimits } from './traffic-limits.ts';

function codes(text: string): string[] {
  const { resources } = loadResources([{ file: 'c.yaml', text }], { namespace: 'default' });
  const input = { resources, mesh: {}, identity: INGRESS_GATEWAY };
  return trafficLimits({ input, compiled: compile(input) }).map(({ code, field = '' }) => `${code} ${field}`);
}
const http = (...routes: string[]) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs}
spec: {hosts: [a.example.com], http: [${routes.join()}]}
`;

test('bodies that may have to be sent twice are named once, at the first field', () => {
  const plain = '{route: [{destination: {host: a}}]}';
  const mirrored = '{mirror: {host: b}, route: [{destination: {host: a}}]}';
  const retried = '{retries: {attempts: 2}, route: [{destination: {host: a}}]}';
  assert.deepEqual(codes(http(plain)), []);
  assert.deepEqual(codes(http(plain, mirrored, retried)), ['BSP0601 spec.http[1].mirror']);
  assert.deepEqual(codes(http(retried)), ['BSP0601 spec.http[0].retries']);
  assert.deepEqual(codes(http('{retries: {attempts: 0}, route: [{destination: {host: a}}]}')), []);
});

test('PASSTHROUGH reaches nobody', () => {
  const rule = (simple: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: r}
spec: {host: a.example.com, trafficPolicy: {loadBalancer: {simple: ${simple}}}}
`;
  assert.deepEqual(codes(rule('PASSTHROUGH')), ['BSP0602 spec.trafficPolicy.loadBalancer.simple']);
  assert.deepEqual(codes(rule('RANDOM')), []);
  const policy = '{loadBalancer: {simple: PASSTHROUGH}}';
  const below = `{portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: PASSTHROUGH}}]}`;
  const subsets = rule('RANDOM').replace(
    'trafficPolicy',
    `subsets: [{name: a, trafficPolicy: ${policy}}, {name: b, trafficPolicy: ${below}}], trafficPolicy`,
  );
  assert.deepEqual(codes(subsets), [
    'BSP0602 spec.subsets[0].trafficPolicy.loadBalancer.simple',
    'BSP0602 spec.subsets[1].trafficPolicy.portLevelSettings[0].loadBalancer.simple',
  ]);
});
