import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadResources } from '../../resources/load.ts';
import { validated } from './validate.ts';

/** What is said of one resource: its texts, errors and warnings alike. */
function said(kind: string, spec: string): string[] {
  const text = `{apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: {name: r}, spec: ${spec}}`;
  const loaded = loadResources([{ file: 'a.yaml', text }], { namespace: 'default' });
  return validated(loaded).findings.map(({ message }) => message.replace(/^[^:]*: /, ''));
}
const policy = (text: string) => said('DestinationRule', `{host: a.example.com, trafficPolicy: ${text}}`);
const balancer = (text: string) => policy(`{outlierDetection: {}, loadBalancer: ${text}}`);
const hash = (text: string) => balancer(`{consistentHash: {httpHeaderName: a, ${text}}}`);
const locality = (text: string) => balancer(`{localityLbSetting: ${text}}`);

test('a policy says something', () => {
  assert.deepEqual(policy('{}'), ['traffic policy must have at least one field']);
  assert.deepEqual(policy('{portLevelSettings: []}'), ['traffic policy must have at least one field']);
  assert.deepEqual(policy('{portLevelSettings: [{port: {number: 80}}]}'), [
    'port traffic policy must have at least one field',
  ]);
  assert.deepEqual(policy('{connectionPool: {}}'), ['connection pool must have at least one field']);
  assert.deepEqual(policy('{retryBudget: {}}'), []);
});

test('tables, rings and cookies', () => {
  assert.deepEqual(hash('maglev: {tableSize: 4}'), ['tableSize must be a prime number for maglev']);
  assert.deepEqual(hash('maglev: {tableSize: 5000011}'), ['tableSize must be less than 5000011 for maglev']);
  assert.deepEqual(hash('maglev: {tableSize: 65537}'), []);
  assert.equal(hash('minimumRingSize: 10, maglev: {tableSize: 5}').length, 2);
  assert.deepEqual(balancer('{consistentHash: {httpCookie: {name: a, attributes: [{name: x}, {name: x}]}}}'), [
    'duplicate cookie attribute name: x',
  ]);
});

test('localities', () => {
  const overlap = ['locality a/b overlap with previous specified ones'];
  const from = (...places: string[]) =>
    `{distribute: [${places.map((place) => `{from: ${place}, to: {"b/*": 100}}`)}]}`;
  assert.deepEqual(locality(from('"a/*"', 'a/b')), overlap);
  assert.deepEqual(locality(from('a/b/c', 'a/b')), overlap);
  assert.deepEqual(locality(from('a/b', '"a/*"')), [], 'the other way round Istio takes it');
  assert.deepEqual(locality(from('"a/*/c"')), [
    "locality a/*/c wildcard '*' number can not exceed 1 and must be in the end",
  ]);
  assert.deepEqual(locality('{distribute: [{from: a, to: {b: 90}}]}'), ['total locality weight 90 != 100']);
  assert.deepEqual(locality('{failover: [{from: a, to: a}]}'), [
    'locality lb failover settings must specify different regions',
  ]);
});

test('tls', () => {
  const both = 'cannot specify client certificates or CA certificate or CA CRL If credentialName is set';
  assert.deepEqual(policy('{tls: {mode: SIMPLE, credentialName: x, caCertificates: c}}'), [both]);
  assert.equal(policy('{tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]}}').length, 1);
  assert.equal(policy('{tls: {mode: SIMPLE, credentialName: "configmap://other/a"}}').length, 1);
  assert.deepEqual(policy('{tls: {mode: SIMPLE, credentialName: "configmap://default/a"}}'), []);
});
