/** A canary Ingress beside its main one: by header, then by cookie, then by weight (ingress-nginx docs: Canary). */
import type { HttpMatchSpec, HttpRouteSpec } from '../../compile/spec.ts';
import { annotation, type Ingress } from './annotations.ts';

type Condition = NonNullable<HttpMatchSpec['headers']>;
type Destinations = NonNullable<HttpRouteSpec['route']>;

interface Choice {
  when: Condition;
  canary: boolean;
}

/** The routes of one path with a canary, in order; the last is for whoever no header or cookie decided. */
export function canaryRoutes(main: HttpRouteSpec, canary: Ingress, destinations: Destinations): HttpRouteSpec[] {
  const decided = [...byHeader(canary), ...byCookie(canary)].map(
    ({ when, canary: chosen }): HttpRouteSpec => ({
      ...main,
      match: (main.match ?? []).map((match) => ({ ...match, headers: { ...match.headers, ...when } })),
      ...(chosen && { route: destinations }),
    }),
  );
  return [...decided, { ...main, route: weighted(main.route ?? [], destinations, canary) }];
}

function byHeader(canary: Ingress): Choice[] {
  const header = annotation(canary, 'canary-by-header');
  if (header === undefined) return [];
  const value = annotation(canary, 'canary-by-header-value');
  const pattern = annotation(canary, 'canary-by-header-pattern');
  if (value !== undefined) return [{ when: { [header]: { exact: value } }, canary: true }];
  if (pattern !== undefined) return [{ when: { [header]: { regex: `.*(?:${pattern}).*` } }, canary: true }];
  return [
    { when: { [header]: { exact: 'always' } }, canary: true },
    { when: { [header]: { exact: 'never' } }, canary: false },
  ];
}

function byCookie(canary: Ingress): Choice[] {
  const cookie = annotation(canary, 'canary-by-cookie');
  if (cookie === undefined) return [];
  const is = (value: string): Condition => ({ cookie: { regex: `^(.*?;\\s*)?${cookie}=${value}(;.*)?$` } });
  return [
    { when: is('always'), canary: true },
    { when: is('never'), canary: false },
  ];
}

function weighted(main: Destinations, destinations: Destinations, canary: Ingress): Destinations {
  const total = Number(annotation(canary, 'canary-weight-total') ?? 100);
  const weight = Math.min(Number(annotation(canary, 'canary-weight') ?? 0), total);
  if (weight === 0) return main;
  const share = (list: Destinations, part: number) => list.map((destination) => ({ ...destination, weight: part }));
  return weight === total ? destinations : [...share(main, total - weight), ...share(destinations, weight)];
}
