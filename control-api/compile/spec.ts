/** Names for the parts of Istio's generated types that the compiler passes around. */
import type { DestinationRuleSpec, GatewaySpec, ServiceEntrySpec, VirtualServiceSpec } from '../resources/types.gen.ts';

export type {
  DestinationRuleSpec,
  GatewaySpec,
  ServiceEntrySpec,
  VirtualServiceSpec,
  WorkloadEntrySpec,
} from '../resources/types.gen.ts';

/** One entry of an optional list. */
type Item<List> = NonNullable<List> extends (infer Entry)[] ? Entry : never;

export type ServerSpec = Item<GatewaySpec['servers']>;
export type ServerTlsSpec = NonNullable<ServerSpec['tls']>;

export type HttpRouteSpec = Item<VirtualServiceSpec['http']>;
export type HttpMatchSpec = Item<HttpRouteSpec['match']>;
export type StringMatchSpec = NonNullable<HttpMatchSpec['uri']>;
export type RouteDestinationSpec = Item<HttpRouteSpec['route']>;
export type DestinationSpec = NonNullable<RouteDestinationSpec['destination']>;
export type HeadersSpec = NonNullable<HttpRouteSpec['headers']>;
export type HeaderOperationsSpec = NonNullable<HeadersSpec['request']>;
export type RedirectSpec = NonNullable<HttpRouteSpec['redirect']>;
export type DirectResponseSpec = NonNullable<HttpRouteSpec['directResponse']>;
export type RetrySpec = NonNullable<HttpRouteSpec['retries']>;
export type FaultSpec = NonNullable<HttpRouteSpec['fault']>;
export type CorsSpec = NonNullable<HttpRouteSpec['corsPolicy']>;
export type PercentSpec = NonNullable<HttpRouteSpec['mirrorPercentage']>;

export type PortSpec = Item<ServiceEntrySpec['ports']>;

export type SubsetSpec = Item<DestinationRuleSpec['subsets']>;
export type TrafficPolicySpec = NonNullable<DestinationRuleSpec['trafficPolicy']>;
export type LoadBalancerSpec = NonNullable<TrafficPolicySpec['loadBalancer']>;
export type ConsistentHashSpec = NonNullable<LoadBalancerSpec['consistentHash']>;
export type LocalityLbSpec = NonNullable<LoadBalancerSpec['localityLbSetting']>;
export type ConnectionPoolSpec = NonNullable<TrafficPolicySpec['connectionPool']>;
export type OutlierDetectionSpec = NonNullable<TrafficPolicySpec['outlierDetection']>;
export type ClientTlsSpec = NonNullable<TrafficPolicySpec['tls']>;
