/**
 * Istio's requirement over all rules of a gateway, as captured and checked against Envoy 1.40: any rule that is satisfied
 * is enough; else every rule must be satisfied or find no token at its places. Without any token the request passes.
 */
import type { Exchange } from '../exchange.ts';
import type { FoundToken } from './locations.ts';
import type { FoldedProvider } from './provider.ts';
import type { Status } from './status.ts';

type Eventually<T> = T | Promise<T>;

/** Waits only when there is something to wait for: a cached token never costs a turn of the event loop. */
function then<A, B>(value: Eventually<A>, next: (value: A) => Eventually<B>): Eventually<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** 'Ok', or the status whose text the client gets. */
export function authenticate(providers: readonly FoldedProvider[], exchange: Exchange): Eventually<Status> {
  if (providers.length === 1) return then(one(providers[0]!, exchange), unlessMissed);
  return any(providers, exchange, 0, 'JwtMissed');
}

/** Nothing at a rule's places is no reason to refuse. */
function unlessMissed(status: Status): Status {
  return status === 'JwtMissed' ? 'Ok' : status;
}

/** All tokens of one rule must pass; the last one found is looked at first. */
function one(provider: FoldedProvider, exchange: Exchange): Eventually<Status> {
  const tokens = provider.find(exchange);
  return tokens.length === 0 ? 'JwtMissed' : each(provider, exchange, tokens, tokens.length - 1);
}

function each(provider: FoldedProvider, exchange: Exchange, tokens: FoundToken[], index: number): Eventually<Status> {
  return then(provider.check(exchange, tokens[index]!), (status) =>
    status !== 'Ok' || index === 0 ? status : each(provider, exchange, tokens, index - 1),
  );
}

function any(
  providers: readonly FoldedProvider[],
  exchange: Exchange,
  index: number,
  worst: Status,
): Eventually<Status> {
  if (index === providers.length) return then(all(providers, exchange, 0), (status) => outcome(status, worst));
  return then(one(providers[index]!, exchange), (status) =>
    status === 'Ok' ? 'Ok' : any(providers, exchange, index + 1, telling(status) ? status : worst),
  );
}

function all(providers: readonly FoldedProvider[], exchange: Exchange, index: number): Eventually<Status> {
  if (index === providers.length) return 'Ok';
  return then(one(providers[index]!, exchange), (status) =>
    unlessMissed(status) === 'Ok' ? all(providers, exchange, index + 1) : status,
  );
}

/** A missing token or a foreign issuer says nothing; any other status is what the client is told. */
function telling(status: Status): boolean {
  return status !== 'JwtMissed' && status !== 'JwtUnknownIssuer';
}

function outcome(status: Status, worst: Status): Status {
  return status === 'Ok' || telling(status) || worst === 'JwtMissed' ? status : worst;
}
