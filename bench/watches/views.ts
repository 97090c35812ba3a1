/** Who watches: the kinds of clients that keep one open, and what each is told of. */
import type { Ledger } from './ledger.ts';
import type { ViewOptions } from './view.ts';

const ISTIO = '/apis/networking.istio.io/v1';
/** A random whole number from … to, anew at each call. */
type Between = (from: number, to: number) => () => number;

export const all = { namespace: '', selects: () => true, bookmarks: true, group: ISTIO };
export const virtualServices = { ...all, resource: 'virtualservices' };
export const ofTeams =
  (...teams: string[]) =>
  (labels: Readonly<Record<string, string>>) =>
    teams.includes(labels.team ?? '');

/** The kinds that are written, one watch each without a selector; together they hear everything. */
export const references = (ledger: Ledger): ViewOptions[] =>
  ['virtualservices', 'gateways', 'configmaps', 'secrets', 'namespaces'].map((resource, i) => ({
    ...all,
    ...{ name: `all ${resource}`, resource, group: i < 2 ? ISTIO : '/api/v1', onEvent: (told) => ledger.learn(told) },
  }));

const A_DAY = () => 86_400;

/** With selectors and without, short and long, read to the end or broken off, and idle ones that must stay open. */
export const viewsOf = (between: Between): ViewOptions[] => [
  {
    ...virtualServices,
    name: 'without bookmarks',
    namespace: 'default',
    bookmarks: false,
    timeoutSeconds: A_DAY,
    fresh: 'unmarked',
  },
  {
    ...virtualServices,
    name: 'team a',
    query: 'labelSelector=team%3Da',
    selects: ofTeams('a'),
    timeoutSeconds: () => 300,
  },
  {
    ...virtualServices,
    name: 'teams a and b of shop',
    namespace: 'shop',
    bookmarks: false,
    query: 'labelSelector=team+in+(a,b)',
    selects: ofTeams('a', 'b'),
  },
  {
    ...all,
    name: 'one ConfigMap',
    resource: 'configmaps',
    group: '/api/v1',
    namespace: 'default',
    query: 'fieldSelector=metadata.name%3Dco3',
    selects: (_, name) => name === 'co3',
    timeoutSeconds: () => 120,
  },
  { ...virtualServices, name: 'v1beta1', group: '/apis/networking.istio.io/v1beta1', fresh: 'unmarked' },
  { ...virtualServices, name: 'tables', table: true },
  { ...virtualServices, name: 'informer', timeoutSeconds: between(30, 90) },
  { ...virtualServices, name: 'informer that lists by watching', fresh: 'marked', timeoutSeconds: between(30, 90) },
  { ...all, name: 'informer of Secrets', resource: 'secrets', group: '/api/v1', timeoutSeconds: between(300, 600) },
  { ...virtualServices, name: 'breaking off', breakOffSeconds: between(1, 20) },
  {
    ...virtualServices,
    name: 'breaking off, team b',
    query: 'labelSelector=team%3Db',
    selects: ofTeams('b'),
    bookmarks: false,
    breakOffSeconds: between(1, 60),
  },
  { ...all, name: 'idle', resource: 'serviceentries', timeoutSeconds: A_DAY },
  { ...all, name: 'idle without bookmarks', resource: 'destinationrules', bookmarks: false, timeoutSeconds: A_DAY },
  {
    ...virtualServices,
    name: 'idle selector',
    query: 'labelSelector=team%3Dnobody',
    selects: () => false,
    timeoutSeconds: A_DAY,
  },
  {
    ...virtualServices,
    name: 'idle selector without bookmarks',
    query: 'labelSelector=team%3Dnobody',
    selects: () => false,
    bookmarks: false,
    timeoutSeconds: A_DAY,
  },
];
