/** Written by `npm run generate` from istio.io/api@v1.31.1; do not edit. */

export interface AuthorizationPolicySpec {
action?: ("ALLOW" | "DENY" | "AUDIT" | "CUSTOM")
provider?: {
name?: string
}
rules?: {
from?: {
source?: {
ipBlocks?: string[]
namespaces?: string[]
notIpBlocks?: string[]
notNamespaces?: string[]
notPrincipals?: string[]
notRemoteIpBlocks?: string[]
notRequestPrincipals?: string[]
notServiceAccounts?: string[]
notTrustDomains?: string[]
principals?: string[]
remoteIpBlocks?: string[]
requestPrincipals?: string[]
serviceAccounts?: string[]
trustDomains?: string[]
}
}[]
to?: {
operation?: {
hosts?: string[]
methods?: string[]
notHosts?: string[]
notMethods?: string[]
notPaths?: string[]
notPorts?: string[]
paths?: string[]
ports?: string[]
}
}[]
when?: {
key: string
notValues?: string[]
values?: string[]
}[]
}[]
selector?: {
matchLabels?: {
[k: string]: string
}
}
targetRef?: {
group?: string
kind: string
name: string
namespace?: string
}
targetRefs?: {
group?: string
kind: string
name: string
namespace?: string
}[]
}

export interface DestinationRuleSpec {
exportTo?: string[]
host: string
subsets?: {
labels?: {
[k: string]: string
}
name: string
trafficPolicy?: {
connectionPool?: {
http?: {
h2UpgradePolicy?: ("DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE")
http1MaxPendingRequests?: number
http2KeepAlive?: {
interval?: string
timeout?: string
}
http2MaxRequests?: number
idleTimeout?: string
maxConcurrentStreams?: number
maxRequestsPerConnection?: number
maxRetries?: number
useClientProtocol?: boolean
}
tcp?: {
connectTimeout?: string
idleTimeout?: string
maxConnectionDuration?: string
maxConnections?: number
tcpKeepalive?: {
interval?: string
probes?: number
time?: string
}
}
}
loadBalancer?: {
consistentHash?: {
httpCookie?: {
attributes?: {
name: string
value?: string
}[]
name: string
path?: string
ttl?: string
}
httpHeaderName?: string
httpQueryParameterName?: string
maglev?: {
tableSize?: number
}
minimumRingSize?: number
ringHash?: {
minimumRingSize?: number
}
useSourceIp?: boolean
}
localityLbSetting?: {
distribute?: {
from?: string
to?: {
[k: string]: number
}
}[]
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
}
simple?: ("UNSPECIFIED" | "LEAST_CONN" | "RANDOM" | "PASSTHROUGH" | "ROUND_ROBIN" | "LEAST_REQUEST")
warmup?: {
aggression?: number
duration: string
minimumPercent?: number
}
warmupDurationSecs?: string
zoneAwareLbSetting?: {
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
minClusterSize?: number
}
}
outlierDetection?: {
baseEjectionTime?: string
consecutive5xxErrors?: number
consecutiveErrors?: number
consecutiveGatewayErrors?: number
consecutiveLocalOriginFailures?: number
interval?: string
maxEjectionPercent?: number
minHealthPercent?: number
outlierDetectionHttpErrorCodes?: number[]
splitExternalLocalOriginErrors?: boolean
}
portLevelSettings?: {
connectionPool?: {
http?: {
h2UpgradePolicy?: ("DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE")
http1MaxPendingRequests?: number
http2KeepAlive?: {
interval?: string
timeout?: string
}
http2MaxRequests?: number
idleTimeout?: string
maxConcurrentStreams?: number
maxRequestsPerConnection?: number
maxRetries?: number
useClientProtocol?: boolean
}
tcp?: {
connectTimeout?: string
idleTimeout?: string
maxConnectionDuration?: string
maxConnections?: number
tcpKeepalive?: {
interval?: string
probes?: number
time?: string
}
}
}
loadBalancer?: {
consistentHash?: {
httpCookie?: {
attributes?: {
name: string
value?: string
}[]
name: string
path?: string
ttl?: string
}
httpHeaderName?: string
httpQueryParameterName?: string
maglev?: {
tableSize?: number
}
minimumRingSize?: number
ringHash?: {
minimumRingSize?: number
}
useSourceIp?: boolean
}
localityLbSetting?: {
distribute?: {
from?: string
to?: {
[k: string]: number
}
}[]
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
}
simple?: ("UNSPECIFIED" | "LEAST_CONN" | "RANDOM" | "PASSTHROUGH" | "ROUND_ROBIN" | "LEAST_REQUEST")
warmup?: {
aggression?: number
duration: string
minimumPercent?: number
}
warmupDurationSecs?: string
zoneAwareLbSetting?: {
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
minClusterSize?: number
}
}
outlierDetection?: {
baseEjectionTime?: string
consecutive5xxErrors?: number
consecutiveErrors?: number
consecutiveGatewayErrors?: number
consecutiveLocalOriginFailures?: number
interval?: string
maxEjectionPercent?: number
minHealthPercent?: number
outlierDetectionHttpErrorCodes?: number[]
splitExternalLocalOriginErrors?: boolean
}
port?: {
number?: number
}
tls?: {
caCertificates?: string
caCrl?: string
clientCertificate?: string
credentialName?: string
insecureSkipVerify?: boolean
mode?: ("DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL")
privateKey?: string
sni?: string
subjectAltNames?: string[]
}
}[]
proxyProtocol?: {
version?: ("V1" | "V2")
}
retryBudget?: {
budgetInterval?: string
minRetryConcurrency?: number
percent?: number
}
tls?: {
caCertificates?: string
caCrl?: string
clientCertificate?: string
credentialName?: string
insecureSkipVerify?: boolean
mode?: ("DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL")
privateKey?: string
sni?: string
subjectAltNames?: string[]
}
tunnel?: {
protocol?: string
targetHost: string
targetPort: number
}
}
}[]
trafficPolicy?: {
connectionPool?: {
http?: {
h2UpgradePolicy?: ("DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE")
http1MaxPendingRequests?: number
http2KeepAlive?: {
interval?: string
timeout?: string
}
http2MaxRequests?: number
idleTimeout?: string
maxConcurrentStreams?: number
maxRequestsPerConnection?: number
maxRetries?: number
useClientProtocol?: boolean
}
tcp?: {
connectTimeout?: string
idleTimeout?: string
maxConnectionDuration?: string
maxConnections?: number
tcpKeepalive?: {
interval?: string
probes?: number
time?: string
}
}
}
loadBalancer?: {
consistentHash?: {
httpCookie?: {
attributes?: {
name: string
value?: string
}[]
name: string
path?: string
ttl?: string
}
httpHeaderName?: string
httpQueryParameterName?: string
maglev?: {
tableSize?: number
}
minimumRingSize?: number
ringHash?: {
minimumRingSize?: number
}
useSourceIp?: boolean
}
localityLbSetting?: {
distribute?: {
from?: string
to?: {
[k: string]: number
}
}[]
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
}
simple?: ("UNSPECIFIED" | "LEAST_CONN" | "RANDOM" | "PASSTHROUGH" | "ROUND_ROBIN" | "LEAST_REQUEST")
warmup?: {
aggression?: number
duration: string
minimumPercent?: number
}
warmupDurationSecs?: string
zoneAwareLbSetting?: {
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
minClusterSize?: number
}
}
outlierDetection?: {
baseEjectionTime?: string
consecutive5xxErrors?: number
consecutiveErrors?: number
consecutiveGatewayErrors?: number
consecutiveLocalOriginFailures?: number
interval?: string
maxEjectionPercent?: number
minHealthPercent?: number
outlierDetectionHttpErrorCodes?: number[]
splitExternalLocalOriginErrors?: boolean
}
portLevelSettings?: {
connectionPool?: {
http?: {
h2UpgradePolicy?: ("DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE")
http1MaxPendingRequests?: number
http2KeepAlive?: {
interval?: string
timeout?: string
}
http2MaxRequests?: number
idleTimeout?: string
maxConcurrentStreams?: number
maxRequestsPerConnection?: number
maxRetries?: number
useClientProtocol?: boolean
}
tcp?: {
connectTimeout?: string
idleTimeout?: string
maxConnectionDuration?: string
maxConnections?: number
tcpKeepalive?: {
interval?: string
probes?: number
time?: string
}
}
}
loadBalancer?: {
consistentHash?: {
httpCookie?: {
attributes?: {
name: string
value?: string
}[]
name: string
path?: string
ttl?: string
}
httpHeaderName?: string
httpQueryParameterName?: string
maglev?: {
tableSize?: number
}
minimumRingSize?: number
ringHash?: {
minimumRingSize?: number
}
useSourceIp?: boolean
}
localityLbSetting?: {
distribute?: {
from?: string
to?: {
[k: string]: number
}
}[]
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
}
simple?: ("UNSPECIFIED" | "LEAST_CONN" | "RANDOM" | "PASSTHROUGH" | "ROUND_ROBIN" | "LEAST_REQUEST")
warmup?: {
aggression?: number
duration: string
minimumPercent?: number
}
warmupDurationSecs?: string
zoneAwareLbSetting?: {
enabled?: boolean
failover?: {
from?: string
to?: string
}[]
failoverPriority?: string[]
minClusterSize?: number
}
}
outlierDetection?: {
baseEjectionTime?: string
consecutive5xxErrors?: number
consecutiveErrors?: number
consecutiveGatewayErrors?: number
consecutiveLocalOriginFailures?: number
interval?: string
maxEjectionPercent?: number
minHealthPercent?: number
outlierDetectionHttpErrorCodes?: number[]
splitExternalLocalOriginErrors?: boolean
}
port?: {
number?: number
}
tls?: {
caCertificates?: string
caCrl?: string
clientCertificate?: string
credentialName?: string
insecureSkipVerify?: boolean
mode?: ("DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL")
privateKey?: string
sni?: string
subjectAltNames?: string[]
}
}[]
proxyProtocol?: {
version?: ("V1" | "V2")
}
retryBudget?: {
budgetInterval?: string
minRetryConcurrency?: number
percent?: number
}
tls?: {
caCertificates?: string
caCrl?: string
clientCertificate?: string
credentialName?: string
insecureSkipVerify?: boolean
mode?: ("DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL")
privateKey?: string
sni?: string
subjectAltNames?: string[]
}
tunnel?: {
protocol?: string
targetHost: string
targetPort: number
}
}
workloadSelector?: {
matchLabels?: {
[k: string]: string
}
}
}

export interface EnvoyFilterSpec {
configPatches?: {
applyTo?: ("INVALID" | "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" | "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" | "CLUSTER" | "EXTENSION_CONFIG" | "BOOTSTRAP" | "LISTENER_FILTER")
match?: {
cluster?: {
name?: string
portNumber?: number
service?: string
subset?: string
}
context?: ("ANY" | "SIDECAR_INBOUND" | "SIDECAR_OUTBOUND" | "GATEWAY" | "WAYPOINT")
listener?: {
filterChain?: {
applicationProtocols?: string
destinationPort?: number
filter?: {
name?: string
subFilter?: {
name?: string
}
}
name?: string
sni?: string
transportProtocol?: string
}
listenerFilter?: string
name?: string
portName?: string
portNumber?: number
}
proxy?: {
metadata?: {
[k: string]: string
}
proxyVersion?: string
}
routeConfiguration?: {
gateway?: string
name?: string
portName?: string
portNumber?: number
vhost?: {
domainName?: string
name?: string
route?: {
action?: ("ANY" | "ROUTE" | "REDIRECT" | "DIRECT_RESPONSE")
name?: string
}
}
}
waypoint?: {
filter?: {
name?: string
subFilter?: {
name?: string
}
}
portNumber?: number
route?: {
name?: string
}
}
}
patch?: {
filterClass?: ("UNSPECIFIED" | "AUTHN" | "AUTHZ" | "STATS")
operation?: ("INVALID" | "MERGE" | "ADD" | "REMOVE" | "INSERT_BEFORE" | "INSERT_AFTER" | "INSERT_FIRST" | "REPLACE" | "MERGE_AND_REPLACE_LIST")
value?: {
[k: string]: unknown
}
}
}[]
priority?: number
targetRefs?: {
group?: string
kind: string
name: string
namespace?: string
}[]
workloadSelector?: {
labels?: {
[k: string]: string
}
}
}

export interface GatewaySpec {
selector?: {
[k: string]: string
}
servers?: {
bind?: string
defaultEndpoint?: string
hosts: string[]
name?: string
port: {
name: string
number: number
protocol: string
targetPort?: number
}
tls?: {
caCertCredentialName?: string
caCertificates?: string
caCrl?: string
cipherSuites?: string[]
credentialName?: string
credentialNames?: string[]
httpsRedirect?: boolean
insecureSkipVerify?: boolean
maxProtocolVersion?: ("TLS_AUTO" | "TLSV1_0" | "TLSV1_1" | "TLSV1_2" | "TLSV1_3")
minProtocolVersion?: ("TLS_AUTO" | "TLSV1_0" | "TLSV1_1" | "TLSV1_2" | "TLSV1_3")
mode?: ("PASSTHROUGH" | "SIMPLE" | "MUTUAL" | "AUTO_PASSTHROUGH" | "ISTIO_MUTUAL" | "OPTIONAL_MUTUAL")
privateKey?: string
serverCertificate?: string
subjectAltNames?: string[]
tlsCertificates?: {
caCertificates?: string
privateKey?: string
serverCertificate?: string
}[]
verifyCertificateHash?: string[]
verifyCertificateSpki?: string[]
}
}[]
}

export interface MeshEntrySpec {
address: string
port?: number
transport?: ("MUTUAL_TLS" | "TUNNEL")
serverName?: string
credentialName?: string
namespace?: string
edgePrincipal?: string
tunnelPrincipal?: string
assertion?: {
jwks: string
audience?: string
}
vpcServiceId?: string
mtlsCertificateId?: string
}

export interface PeerAuthenticationSpec {
mtls?: {
mode?: ("UNSET" | "DISABLE" | "PERMISSIVE" | "STRICT")
}
portLevelMtls?: {
[k: string]: {
mode?: ("UNSET" | "DISABLE" | "PERMISSIVE" | "STRICT")
}
}
selector?: {
matchLabels?: {
[k: string]: string
}
}
}

export interface ProxyConfigSpec {
concurrency?: number
environmentVariables?: {
[k: string]: string
}
image?: {
imageType?: string
}
selector?: {
matchLabels?: {
[k: string]: string
}
}
}

export interface RateLimitSpec {
selector?: {
matchLabels?: {
[k: string]: string
}
}
targetRefs?: {
group?: string
kind: ("Gateway" | "VirtualService")
name: string
}[]
failureMode?: ("Allow" | "Deny")
timeout?: string
responseHeaders?: boolean
limits: {
name?: string
requests: number
unit: ("second" | "minute" | "hour" | "day" | "week" | "month" | "year")
shadow?: boolean
by?: {
header?: string
claim?: string
path?: {
exact?: string
prefix?: string
regex?: string
}
clientAddress?: {
ipv4PrefixLength?: number
ipv6PrefixLength?: number
}
value?: string
}[]
}[]
}

export interface RequestAuthenticationSpec {
jwtRules?: {
audiences?: string[]
forwardOriginalToken?: boolean
fromCookies?: string[]
fromHeaders?: {
name: string
prefix?: string
}[]
fromParams?: string[]
issuer?: string
jwks?: string
jwksUri?: string
jwks_uri?: string
outputClaimToHeaders?: {
claim: string
header: string
}[]
outputPayloadToHeader?: string
spaceDelimitedClaims?: string[]
timeout?: string
}[]
selector?: {
matchLabels?: {
[k: string]: string
}
}
targetRef?: {
group?: string
kind: string
name: string
namespace?: string
}
targetRefs?: {
group?: string
kind: string
name: string
namespace?: string
}[]
}

export interface RolloutSpec {
steps: {
percent: number
seconds: number
}[]
maxErrorRate?: number
minRequests?: number
}

export interface ServiceEntrySpec {
addresses?: string[]
endpoints?: {
address?: string
labels?: {
[k: string]: string
}
locality?: string
network?: string
ports?: {
[k: string]: number
}
serviceAccount?: string
weight?: number
}[]
exportTo?: string[]
hosts: string[]
location?: ("MESH_EXTERNAL" | "MESH_INTERNAL")
ports?: {
name: string
number: number
protocol?: string
targetPort?: number
}[]
resolution?: ("NONE" | "STATIC" | "DNS" | "DNS_ROUND_ROBIN" | "DYNAMIC_DNS")
subjectAltNames?: string[]
workloadSelector?: {
labels?: {
[k: string]: string
}
}
}

export interface SidecarSpec {
egress?: {
bind?: string
captureMode?: ("DEFAULT" | "IPTABLES" | "NONE")
hosts: string[]
port?: {
name?: string
number?: number
protocol?: string
targetPort?: number
}
}[]
inboundConnectionPool?: {
http?: {
h2UpgradePolicy?: ("DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE")
http1MaxPendingRequests?: number
http2KeepAlive?: {
interval?: string
timeout?: string
}
http2MaxRequests?: number
idleTimeout?: string
maxConcurrentStreams?: number
maxRequestsPerConnection?: number
maxRetries?: number
useClientProtocol?: boolean
}
tcp?: {
connectTimeout?: string
idleTimeout?: string
maxConnectionDuration?: string
maxConnections?: number
tcpKeepalive?: {
interval?: string
probes?: number
time?: string
}
}
}
ingress?: {
bind?: string
captureMode?: ("DEFAULT" | "IPTABLES" | "NONE")
connectionPool?: {
http?: {
h2UpgradePolicy?: ("DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE")
http1MaxPendingRequests?: number
http2KeepAlive?: {
interval?: string
timeout?: string
}
http2MaxRequests?: number
idleTimeout?: string
maxConcurrentStreams?: number
maxRequestsPerConnection?: number
maxRetries?: number
useClientProtocol?: boolean
}
tcp?: {
connectTimeout?: string
idleTimeout?: string
maxConnectionDuration?: string
maxConnections?: number
tcpKeepalive?: {
interval?: string
probes?: number
time?: string
}
}
}
defaultEndpoint?: string
port: {
name?: string
number?: number
protocol?: string
targetPort?: number
}
tls?: {
caCertCredentialName?: string
caCertificates?: string
caCrl?: string
cipherSuites?: string[]
credentialName?: string
credentialNames?: string[]
httpsRedirect?: boolean
insecureSkipVerify?: boolean
maxProtocolVersion?: ("TLS_AUTO" | "TLSV1_0" | "TLSV1_1" | "TLSV1_2" | "TLSV1_3")
minProtocolVersion?: ("TLS_AUTO" | "TLSV1_0" | "TLSV1_1" | "TLSV1_2" | "TLSV1_3")
mode?: ("PASSTHROUGH" | "SIMPLE" | "MUTUAL" | "AUTO_PASSTHROUGH" | "ISTIO_MUTUAL" | "OPTIONAL_MUTUAL")
privateKey?: string
serverCertificate?: string
subjectAltNames?: string[]
tlsCertificates?: {
caCertificates?: string
privateKey?: string
serverCertificate?: string
}[]
verifyCertificateHash?: string[]
verifyCertificateSpki?: string[]
}
}[]
outboundTrafficPolicy?: {
egressProxy?: {
host: string
port?: {
number?: number
}
subset?: string
}
mode?: ("REGISTRY_ONLY" | "ALLOW_ANY")
}
workloadSelector?: {
labels?: {
[k: string]: string
}
}
}

export interface TelemetrySpec {
accessLogging?: {
disabled?: boolean
filter?: {
expression?: string
}
match?: {
mode?: ("CLIENT_AND_SERVER" | "CLIENT" | "SERVER")
}
providers?: {
name: string
}[]
}[]
metrics?: {
overrides?: {
disabled?: boolean
match?: {
customMetric?: string
metric?: ("ALL_METRICS" | "REQUEST_COUNT" | "REQUEST_DURATION" | "REQUEST_SIZE" | "RESPONSE_SIZE" | "TCP_OPENED_CONNECTIONS" | "TCP_CLOSED_CONNECTIONS" | "TCP_SENT_BYTES" | "TCP_RECEIVED_BYTES" | "GRPC_REQUEST_MESSAGES" | "GRPC_RESPONSE_MESSAGES")
mode?: ("CLIENT_AND_SERVER" | "CLIENT" | "SERVER")
}
tagOverrides?: {
[k: string]: {
operation?: ("UPSERT" | "REMOVE")
value?: string
}
}
}[]
providers?: {
name: string
}[]
reportingInterval?: string
}[]
selector?: {
matchLabels?: {
[k: string]: string
}
}
targetRef?: {
group?: string
kind: string
name: string
namespace?: string
}
targetRefs?: {
group?: string
kind: string
name: string
namespace?: string
}[]
tracing?: {
customTags?: {
[k: string]: {
environment?: {
defaultValue?: string
name: string
}
formatter?: {
value: string
}
header?: {
defaultValue?: string
name: string
}
literal?: {
value: string
}
}
}
disableContextPropagation?: boolean
disableSpanReporting?: boolean
enableIstioTags?: boolean
match?: {
mode?: ("CLIENT_AND_SERVER" | "CLIENT" | "SERVER")
}
providers?: {
name: string
}[]
randomSamplingPercentage?: number
useRequestIdForTraceSampling?: boolean
}[]
}

export interface TrafficExtensionSpec {
lua?: {
inlineCode: string
}
match?: {
mode?: ("UNDEFINED" | "CLIENT" | "SERVER" | "CLIENT_AND_SERVER")
ports?: {
number: number
}[]
}[]
phase?: ("UNSPECIFIED" | "AUTHN" | "AUTHZ" | "STATS")
priority?: number
selector?: {
matchLabels?: {
[k: string]: string
}
}
targetRefs?: {
group?: string
kind: string
name: string
namespace?: string
}[]
wasm?: {
failStrategy?: ("FAIL_CLOSE" | "FAIL_OPEN" | "FAIL_RELOAD")
imagePullPolicy?: ("UNSPECIFIED_POLICY" | "IfNotPresent" | "Always")
imagePullSecret?: string
pluginConfig?: {
[k: string]: unknown
}
pluginName?: string
sha256?: string
type?: ("UNSPECIFIED_PLUGIN_TYPE" | "HTTP" | "NETWORK")
url: string
verificationKey?: string
vmConfig?: {
env?: {
name: string
value?: string
valueFrom?: ("INLINE" | "HOST")
}[]
}
}
}

export interface VirtualServiceSpec {
exportTo?: string[]
gateways?: string[]
hosts?: string[]
http?: {
corsPolicy?: {
allowCredentials?: boolean
allowHeaders?: string[]
allowMethods?: string[]
allowOrigin?: string[]
allowOrigins?: {
exact?: string
prefix?: string
regex?: string
}[]
exposeHeaders?: string[]
maxAge?: string
unmatchedPreflights?: ("UNSPECIFIED" | "FORWARD" | "IGNORE")
}
delegate?: {
name?: string
namespace?: string
}
directResponse?: {
body?: {
bytes?: string
string?: string
}
status: number
}
fault?: {
abort?: {
grpcStatus?: string
http2Error?: string
httpStatus?: number
percentage?: {
value?: number
}
}
delay?: {
exponentialDelay?: string
fixedDelay?: string
percent?: number
percentage?: {
value?: number
}
}
}
headers?: {
request?: {
add?: {
[k: string]: string
}
remove?: string[]
set?: {
[k: string]: string
}
}
response?: {
add?: {
[k: string]: string
}
remove?: string[]
set?: {
[k: string]: string
}
}
}
match?: {
authority?: {
exact?: string
prefix?: string
regex?: string
}
gateways?: string[]
headers?: {
[k: string]: {
exact?: string
prefix?: string
regex?: string
}
}
ignoreUriCase?: boolean
method?: {
exact?: string
prefix?: string
regex?: string
}
name?: string
port?: number
queryParams?: {
[k: string]: {
exact?: string
prefix?: string
regex?: string
}
}
scheme?: {
exact?: string
prefix?: string
regex?: string
}
sourceLabels?: {
[k: string]: string
}
sourceNamespace?: string
statPrefix?: string
uri?: {
exact?: string
prefix?: string
regex?: string
}
withoutHeaders?: {
[k: string]: {
exact?: string
prefix?: string
regex?: string
}
}
}[]
mirror?: {
host: string
port?: {
number?: number
}
subset?: string
}
mirrorPercent?: number
mirrorPercentage?: {
value?: number
}
mirror_percent?: number
mirrors?: {
destination: {
host: string
port?: {
number?: number
}
subset?: string
}
percentage?: {
value?: number
}
}[]
name?: string
redirect?: {
authority?: string
derivePort?: ("FROM_PROTOCOL_DEFAULT" | "FROM_REQUEST_PORT")
port?: number
prefixRewrite?: string
redirectCode?: number
scheme?: string
uri?: string
}
retries?: {
attempts?: number
backoff?: string
perTryTimeout?: string
retryIgnorePreviousHosts?: boolean
retryOn?: string
retryRemoteLocalities?: boolean
}
rewrite?: {
authority?: string
uri?: string
uriRegexRewrite?: {
match?: string
rewrite?: string
}
}
route?: {
destination: {
host: string
port?: {
number?: number
}
subset?: string
}
headers?: {
request?: {
add?: {
[k: string]: string
}
remove?: string[]
set?: {
[k: string]: string
}
}
response?: {
add?: {
[k: string]: string
}
remove?: string[]
set?: {
[k: string]: string
}
}
}
weight?: number
}[]
timeout?: string
}[]
tcp?: {
match?: {
destinationSubnets?: string[]
gateways?: string[]
port?: number
sourceLabels?: {
[k: string]: string
}
sourceNamespace?: string
sourceSubnet?: string
}[]
route?: {
destination: {
host: string
port?: {
number?: number
}
subset?: string
}
weight?: number
}[]
}[]
tls?: {
match: {
destinationSubnets?: string[]
gateways?: string[]
port?: number
sniHosts: string[]
sourceLabels?: {
[k: string]: string
}
sourceNamespace?: string
}[]
route?: {
destination: {
host: string
port?: {
number?: number
}
subset?: string
}
weight?: number
}[]
}[]
}

export interface WasmPluginSpec {
failStrategy?: ("FAIL_CLOSE" | "FAIL_OPEN" | "FAIL_RELOAD")
imagePullPolicy?: ("UNSPECIFIED_POLICY" | "IfNotPresent" | "Always")
imagePullSecret?: string
match?: {
mode?: ("UNDEFINED" | "CLIENT" | "SERVER" | "CLIENT_AND_SERVER")
ports?: {
number: number
}[]
}[]
phase?: ("UNSPECIFIED_PHASE" | "AUTHN" | "AUTHZ" | "STATS")
pluginConfig?: {
[k: string]: unknown
}
pluginName?: string
priority?: number
selector?: {
matchLabels?: {
[k: string]: string
}
}
sha256?: string
targetRef?: {
group?: string
kind: string
name: string
namespace?: string
}
targetRefs?: {
group?: string
kind: string
name: string
namespace?: string
}[]
type?: ("UNSPECIFIED_PLUGIN_TYPE" | "HTTP" | "NETWORK")
url: string
verificationKey?: string
vmConfig?: {
env?: {
name: string
value?: string
valueFrom?: ("INLINE" | "HOST")
}[]
}
}

export interface WorkloadEntrySpec {
address?: string
labels?: {
[k: string]: string
}
locality?: string
network?: string
ports?: {
[k: string]: number
}
serviceAccount?: string
weight?: number
}

export interface WorkloadGroupSpec {
metadata?: {
annotations?: {
[k: string]: string
}
labels?: {
[k: string]: string
}
}
probe?: {
exec?: {
command: string[]
}
failureThreshold?: number
grpc?: {
port?: number
service?: string
}
httpGet?: {
host?: string
httpHeaders?: {
name?: string
value?: string
}[]
path?: string
port: number
scheme?: string
}
initialDelaySeconds?: number
periodSeconds?: number
successThreshold?: number
tcpSocket?: {
host?: string
port: number
}
timeoutSeconds?: number
}
template: {
address?: string
labels?: {
[k: string]: string
}
locality?: string
network?: string
ports?: {
[k: string]: number
}
serviceAccount?: string
weight?: number
}
}
