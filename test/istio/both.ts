/** A case at Istio's own gateway and at Bowsprit's, side by side: what differs, request by request. */
import { analyse } from '../../control-api/analysis/analyse.ts';
import type { Finding } from '../../control-api/analysis/finding.ts';
import type { CapturedRequest, ConformanceCase, Expectation } from '../conformance/case.ts';
import { CaseGateway, compileCase } from '../conformance/case-gateway.ts';
import { compareOne, compareSpread, compareUpstream, type Observation, type Spread } from '../conformance/compare.ts';
import { Echo } from '../conformance/echo.ts';
import { observe, observeSpread } from '../conformance/observe.ts';
import { EnvoyEnded } from '../support/envoy.ts';
import { expectationOf, othersOf, upstreamOf } from './expectation.ts';
import { IstioGateway } from './istio-gateway.ts';
import { IstioError, type Verdict } from './peer.ts';

export interface RequestResult {
  request: CapturedRequest;
  /** Empty when both did the same. */
  problems: string[];
  istio: Expectation | Spread;
  bowsprit: Expectation | Spread;
}

export interface CaseResult {
  requests: RequestResult[];
  /** What only one of them finds wrong with the configuration. */
  validation: string[];
  verdicts: Verdict[];
  findings: Finding[];
  /** Why Istio, or Envoy with Istio's configuration, refuses the whole configuration: no request was sent then. */
  refused?: string;
}

export class Both {
  readonly #echo: Echo;
  readonly #istio: IstioGateway;
  readonly #bowsprit: CaseGateway;

  private constructor(echo: Echo, istio: IstioGateway, bowsprit: CaseGateway) {
    this.#echo = echo;
    this.#istio = istio;
    this.#bowsprit = bowsprit;
  }

  /** Several of these may run at once: upstreams are on a loopback address that is this process's own. */
  static async start(): Promise<Both> {
    const address = `127.9.${(process.pid >> 8) & 255}.${process.pid & 255}`;
    const echo = new Echo(address);
    await echo.start();
    return new Both(echo, await IstioGateway.start(address), new CaseGateway(address));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#istio.stop(), this.#bowsprit.stop()]);
    this.#echo.stop();
  }

  /** @param captured compare with the case's own `expect` in place of Bowsprit */
  async run(given: ConformanceCase, captured = false): Promise<CaseResult> {
    const configuration = compileCase(given);
    const findings = [...configuration.findings, ...analyse({ input: configuration.input, compiled: configuration })];
    let verdicts: Verdict[];
    try {
      verdicts = await this.#istio.serve(given);
    } catch (error) {
      if (!(error instanceof IstioError || error instanceof EnvoyEnded)) throw error;
      const refused = error.message;
      const silent =
        captured || findings.some(({ level }) => level === 'error') ? [] : [`only Istio refuses it: ${refused}`];
      return { requests: [], validation: silent, verdicts: [], findings, refused };
    }
    const requests = [];
    if (!captured) await this.#bowsprit.serve(configuration);
    for (const request of given.requests) {
      if (!captured) requests.push(await this.#compare(request));
      else if (request.expect) requests.push(await this.#compareCaptured(request, request.expect));
    }
    return { requests, validation: compareValidation(verdicts, findings), verdicts, findings };
  }

  async #compare(request: CapturedRequest): Promise<RequestResult> {
    const [theirPort, ourPort] = [this.#istio.port(request), this.#bowsprit.port(request)];
    const { repeat = 1 } = request;
    if (repeat > 1) {
      const istio = await observeSpread(request, theirPort, this.#echo);
      const bowsprit = await observeSpread(request, ourPort, this.#echo);
      return { request, problems: compareSpread(istio, bowsprit, repeat), istio, bowsprit };
    }
    const theirs = await observe(request, theirPort, this.#echo);
    const ours = await observe(request, ourPort, this.#echo);
    const [istio, bowsprit] = [expectationOf(theirs), expectationOf(ours)];
    const problems = [
      ...compareOne(request, istio, ours),
      ...compareContent(istio, bowsprit),
      ...compareOthers(request, theirs, ours),
    ];
    return { request, problems: problems.filter((text) => !PLATFORM.test(text)), istio, bowsprit };
  }

  async #compareCaptured(request: CapturedRequest, expect: Expectation): Promise<RequestResult> {
    const port = this.#istio.port(request);
    const { repeat = 1 } = request;
    if (repeat > 1) {
      const istio = await observeSpread(request, port, this.#echo);
      return { request, problems: compareSpread(expect, istio, repeat), istio, bowsprit: expect };
    }
    const observation = await observe(request, port, this.#echo);
    const istio = expectationOf(observation);
    return { request, problems: compareOne(request, expect, observation), istio, bowsprit: expect };
  }
}

/**
 * No configuration changes these: workerd sends no te (BSP0902) and resolves dot segments that a rewrite makes (BSP0905), and the edge
 * has no address that Envoy would add to what it mirrors.
 */
const PLATFORM = new RegExp(
  [
    'upstream header te:',
    'upstream path: expected [^?,]*/[.]{1,2}[/?,]',
    '^further upstream header x-forwarded-for: expected "[^"]*,[0-9.]+", ',
  ].join('|'),
);

/** The captured cases leave the type of an answer out. */
function compareContent(istio: Expectation, bowsprit: Expectation): string[] {
  const [expected, got] = [istio.headers?.['content-type'], bowsprit.headers?.['content-type']];
  if (istio.connection || bowsprit.connection || String(expected) === String(got)) return [];
  return [`response header content-type: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`];
}

function compareOthers(request: CapturedRequest, theirs: Observation, ours: Observation): string[] {
  const [expected, got] = [othersOf(theirs), othersOf(ours)];
  if (expected.length !== got.length) return [];
  return expected.flatMap((one, index) => {
    const expectation = { status: 0, from: 'upstream', upstream: upstreamOf(one) } as const;
    const problems = compareUpstream(request, expectation, got[index]);
    return problems.map((text) => `further ${text}`);
  });
}

/** Istio's refusals beside ours. Ours may be more: Envoy's refusals, and what the edge cannot do. */
function compareValidation(verdicts: Verdict[], findings: Finding[]): string[] {
  const named = ({ kind, namespace, name }: Verdict): string => `${kind} ${namespace}/${name}`;
  const refused = verdicts.filter(({ errors }) => errors?.length);
  const missed = refused.filter(
    (verdict) => !findings.some(({ level, resource }) => level === 'error' && resource === named(verdict)),
  );
  const surplus = findings.filter(
    ({ code, resource }) => code === SCHEMA_ERROR && !refused.some((verdict) => named(verdict) === resource),
  );
  return [
    ...missed.map((verdict) => `only Istio refuses ${named(verdict)}: ${verdict.errors?.join('; ')}`),
    ...surplus.map(({ resource, message }) => `only Bowsprit refuses ${resource}: ${message}`),
  ];
}

/** Istio's own code for what its webhook refuses. */
const SCHEMA_ERROR = 'IST0106';
