/** What an operator types in a day, in order; each step leaves what the next ones need. */
export interface Step {
  /** After `kubectl`. */
  command: string[];
  /** Standard input, for `-f -`; UPSTREAM is the port of an HTTP server. */
  input?: string;
  /** Exit code; 0 when absent. */
  code?: number;
  says?: RegExp | RegExp[];
  saysNot?: RegExp | RegExp[];
  /** What the gateway answers soon after: host, path, status. */
  serves?: [host: string, path: string, status: number][];
  why?: string;
}

const k = (line: string, more: Omit<Step, 'command'> = {}): Step => ({ command: line.split(' '), ...more });
const apply = (input: string, more: Omit<Step, 'command' | 'input'> = {}): Step => ({
  command: ['apply', '-f', '-'],
  input,
  ...more,
});
const patch = (kind: string, name: string, type: string, body: unknown, more: Omit<Step, 'command'> = {}): Step => ({
  command: ['patch', kind, name, '--type', type, '-p', JSON.stringify(body)],
  ...more,
});

const GATEWAY = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
`;
const BACKEND = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: backend}
spec:
  hosts: [backend.test]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: STATIC
  endpoints: [{address: 127.0.0.1, ports: {http: UPSTREAM}}]
`;
const routes = (host: string, name = 'web', more = '') => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, labels: {team: blue}}
spec:
  hosts: [${host}]
  gateways: [gw]
  http: [{match: [{uri: {prefix: /ok}}], route: [{destination: {host: backend.test, port: {number: 80}}}]}]
${more}`;

const DISCOVERY: Step[] = [
  k('version', { says: /Server Version: v1\.32/ }),
  k('api-versions', { says: [/networking\.istio\.io\/v1\n/, /security\.istio\.io\/v1beta1/] }),
  k('api-resources', {
    says: [/virtualservices +vs +networking\.istio\.io\/v1 +true +VirtualService/, /configmaps +cm/],
  }),
  k('api-resources --api-group=security.istio.io', { says: /authorizationpolicies +ap/ }),
  k('get namespaces', { says: [/default +Active/, /istio-system/] }),
  k('get virtualservices', { says: /No resources found in default namespace/ }),
  k('get vs,gw,dr,se -A', { says: /No resources found/ }),
  k('get pods', { code: 1, says: /doesn't have a resource type "pods"/ }),
  k('explain virtualservice.spec.http.timeout', { says: [/KIND: +VirtualService/, /FIELD: timeout/, /Carried out/] }),
  k('explain gateway.spec.servers --recursive', { says: [/port/, /hosts/] }),
  k('explain virtualservice.spec.nothing', { code: 1, says: /field "nothing" does not exist/ }),
  k('auth whoami', { says: /admin/ }),
  k('auth can-i create virtualservices', { says: /yes/ }),
  k('auth can-i --list', { says: /Resources/ }),
  k('auth can-i get pods/log', { says: /yes|no/ }),
  k('cluster-info', { says: /is running at .*https:\/\/127\.0\.0\.1/ }),
  k('config view', { says: [/current-context:/, /REDACTED/], saysNot: /bsp_/ }),
  k('get --raw /readyz', { says: /^ok/ }),
  k('api-resources --namespaced=false -o name', { says: /namespaces/, saysNot: /virtualservices/ }),
  k('explain virtualservice --api-version=networking.istio.io/v1beta1', { says: /VERSION: +v1beta1/ }),
];

const APPLY: Step[] = [
  apply(GATEWAY, { says: /gateway\.networking\.istio\.io\/gw created/ }),
  apply(BACKEND, { says: /created/ }),
  { command: ['diff', '-f', '-'], input: routes('web.test'), code: 1, says: /\+ +- web\.test/ },
  { command: ['apply', '--dry-run=server', '-f', '-'], input: routes('web.test'), says: /created \(server dry run\)/ },
  k('get virtualservice web', { code: 1, says: /virtualservices\.networking\.istio\.io "web" not found/ }),
  apply(routes('web.test'), {
    says: /virtualservice.*web created/,
    serves: [
      ['web.test', '/ok', 200],
      ['web.test', '/no', 404],
    ],
  }),
  apply(routes('web.test'), { says: /web unchanged/ }),
  { command: ['diff', '-f', '-'], input: routes('web.test'), saysNot: /^[-+]/m },
  apply(routes('web.test', 'web', '  exportTo: ["*"]\n'), { says: /configured/ }),
  { command: ['create', '-f', '-'], input: routes('web.test'), code: 1, says: /already exists/ },
  k('wait --for=condition=Programmed virtualservice/web --timeout=10s', { says: /condition met/ }),
  k('get vs', { says: [/NAME +GATEWAYS +HOSTS +PROGRAMMED +AGE/, /web +\["gw"\] +\["web\.test"\] +True/] }),
  k('get vs web -o yaml', { says: [/resourceVersion:/, /type: Programmed/, /generation: 2/] }),
  k('get vs web -o jsonpath={.status.conditions[?(@.type=="Accepted")].status}', { says: /^True$/ }),
  k('get vs web -o wide', { says: /web/ }),
  k('get virtualservices.v1beta1.networking.istio.io web -o jsonpath={.apiVersion}', { says: /v1beta1/ }),
  k('describe vs web', { says: [/Name: +web/, /Hosts:/, /Events: +<none>/] }),
  k('get vs -l team=blue -o name', { says: /web/ }),
  k('get vs -l team!=blue -o name', { saysNot: /web/ }),
  k('get vs --field-selector metadata.name=web -o name', { says: /web/ }),
  k('get gw,vs -o name', { says: [/gateway.*gw/, /virtualservice.*web/] }),
  k('get all-config -o name', { says: /serviceentry.*backend/ }),
  k('get vs -o custom-columns=NAME:.metadata.name,HOST:.spec.hosts[0]', { says: [/NAME +HOST/, /web +web\.test/] }),
  k('get vs -o go-template={{range.items}}{{.metadata.name}}{{end}}', { says: /^web$/ }),
  k('get vs --sort-by=.metadata.creationTimestamp', { says: /web/ }),
  k('get vs --no-headers --show-labels', { says: /team=blue/, saysNot: /NAME/ }),
  k('get vs -L team', { says: [/TEAM/, /blue/] }),
  k('get vs --chunk-size=1 -o name', { says: /web/ }),
  k('wait --for=jsonpath={.spec.hosts[0]}=web.test vs/web --timeout=5s', { says: /condition met/ }),
  k('wait --for=condition=Nonsense vs/web --timeout=1s', { code: 1, says: /timed out/ }),
  k('apply view-last-applied vs web', { says: /hosts:/ }),
];

const CHANGE: Step[] = [
  patch(
    'vs',
    'web',
    'merge',
    { spec: { hosts: ['merged.test'] } },
    {
      says: /patched/,
      serves: [
        ['merged.test', '/ok', 200],
        ['web.test', '/ok', 404],
      ],
    },
  ),
  patch('vs', 'web', 'json', [{ op: 'replace', path: '/spec/hosts/0', value: 'json.test' }], {
    serves: [['json.test', '/ok', 200]],
  }),
  patch('vs', 'web', 'json', [{ op: 'test', path: '/spec/hosts/0', value: 'no' }], {
    code: 1,
    says: /rejected our request/,
  }),
  patch(
    'vs',
    'web',
    'strategic',
    { spec: { hosts: ['x.test'] } },
    { code: 1, says: /strategic merge patch|unknown format/i },
  ),
  patch('vs', 'web', 'merge', { spec: { hosts: 7 } }, { code: 1, says: /spec\.hosts/ }),
  patch('vs', 'nobody', 'merge', { spec: {} }, { code: 1, says: /not found/ }),
  k('label vs web tier=front', { says: /labeled/ }),
  k('label vs web tier=back', { code: 1, says: /already has a value/ }),
  k('label vs web tier=back --overwrite', { says: /labeled/ }),
  k('label vs web tier-', { says: /unlabeled/ }),
  k('annotate vs web note=hello', { says: /annotated/ }),
  k('get vs web -o jsonpath={.metadata.annotations.note}', { says: /hello/ }),
  k('annotate vs web note-', { says: /annotated/ }),
  k('label vs web bad=a/b', { code: 1, says: /Invalid value|invalid label value/ }),
  {
    command: ['replace', '-f', '-'],
    input: routes('replaced.test'),
    says: /replaced/,
    serves: [['replaced.test', '/ok', 200]],
  },
  { command: ['replace', '-f', '-'], input: routes('replaced.test', 'absent'), code: 1, says: /not found/ },
  {
    command: ['replace', '-f', '-'],
    input: routes('replaced.test').replace('{name: web,', '{name: web, resourceVersion: "1",'),
    code: 1,
    says: /Conflict|has been modified/,
    why: 'a stale write',
  },
];

const serverSide = (input: string, flags: string[], more: Omit<Step, 'command' | 'input'>): Step => ({
  command: ['apply', '--server-side', ...flags, '-f', '-'],
  input,
  ...more,
});
const SERVER_SIDE: Step[] = [
  serverSide(routes('mine.test', 'owned'), ['--field-manager=me'], {
    says: /serverside-applied/,
    serves: [['mine.test', '/ok', 200]],
  }),
  serverSide(routes('yours.test', 'owned'), ['--field-manager=you'], {
    code: 1,
    says: /conflict with "me": \.spec\.hosts/,
  }),
  serverSide(routes('yours.test', 'owned'), ['--field-manager=you', '--force-conflicts'], {
    serves: [['yours.test', '/ok', 200]],
  }),
  serverSide(routes('dry.test', 'owned'), ['--field-manager=you', '--dry-run=server'], { says: /server dry run/ }),
  k('get vs owned -o jsonpath={.metadata.managedFields[*].manager} --show-managed-fields', { says: /you/ }),
  k('get vs owned -o jsonpath={.spec.hosts[0]}', { says: /yours\.test/ }),
];

const BAD: Step[] = [
  apply(routes('bad.test', 'bad').replace('http:', 'htttp:'), {
    code: 1,
    says: /strict decoding error: unknown field "spec\.htttp"/,
  }),
  {
    command: ['apply', '--validate=warn', '-f', '-'],
    input: routes('typo.test', 'typo', '  htttp: []\n'),
    says: [/Warning:.*htttp/, /created/],
  },
  apply(routes('bad.test', 'bad').replace('{prefix: /ok}', '{prefix: /ok, exact: /no}'), {
    code: 1,
    says: /is invalid|spec\.http/,
  }),
  apply(routes('bad.test', 'bad').replace('{number: 80}', '{number: eighty}'), { code: 1, says: /number/ }),
  apply(routes('bad.test', 'bad').replace('networking.istio.io/v1', 'networking.istio.io/v9'), {
    code: 1,
    says: /no matches for kind/,
  }),
  apply(routes('bad.test', 'Bad_Name'), { code: 1, says: /Bad_Name/ }),
  apply(routes('bad.test', 'bad').replace('{name: bad,', '{name: bad, namespace: nowhere,'), {
    code: 1,
    says: /namespaces "nowhere" not found/,
  }),
  apply(routes('warned.test', 'warned').replace('[gw]', '[absent]'), {
    says: [/Warning: IST0101/, /created/],
    why: 'a Gateway that is not there',
  }),
  apply(routes('held.test', 'held').replace('{name: held,', '{name: held, finalizers: [example.com/hold],'), {
    says: [/Warning: BSP0801/, /created/],
  }),
  k('delete vs held warned typo', { says: /"held" deleted/ }),
  k('delete vs nobody', { code: 1, says: /not found/ }),
  k('delete vs nobody --ignore-not-found', { saysNot: /not found/ }),
  {
    command: ['get', '--raw', '/apis/networking.istio.io/v1/namespaces/default/virtualservices?limit=x'],
    code: 1,
    says: /limit/,
  },
];

const CORE: Step[] = [
  k('create namespace shop', { says: /created/ }),
  k('create namespace shop', { code: 1, says: /already exists/ }),
  {
    command: ['apply', '-n', 'shop', '-f', '-'],
    input: routes('shop.test').replace('[gw]', '[default/gw]'),
    serves: [['shop.test', '/ok', 200]],
  },
  k('get vs -A', { says: [/default +owned/, /shop +web/] }),
  k('get vs -n shop', { says: /web/, saysNot: /owned/ }),
  k('create configmap settings --from-literal=colour=red', { says: /created/ }),
  k('edit configmap settings', { says: /edited/ }),
  k('get cm settings -o jsonpath={.data.colour}', { says: /^blue$/ }),
  patch('cm', 'settings', 'strategic', { data: { size: 'xl' } }, { says: /patched/ }),
  k('describe cm settings', { says: [/colour/, /blue/] }),
  k('create secret generic login --from-literal=password=canary-password', { says: /created/ }),
  k('get secrets', { says: /login +Opaque +1/ }),
  k('get secret login -o yaml', { says: /password:/, saysNot: /Y2FuYXJ5|canary/, why: 'values never come back' }),
  apply('apiVersion: v1\nkind: Secret\nmetadata: {name: applied}\nstringData: {password: canary-password}\n', {
    says: /created/,
  }),
  k('get secret applied -o yaml', { saysNot: /Y2FuYXJ5|canary/, why: 'nor out of last-applied-configuration' }),
  k('describe secret login', { says: /password/, saysNot: /canary/ }),
  apply(
    'apiVersion: v1\nkind: Service\nmetadata: {name: svc}\nspec: {ports: [{port: 80, name: http}], selector: {app: x}}\n',
    { says: /created/ },
  ),
  k('get svc', { says: /svc/ }),
  apply(
    'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: svc-1, labels: {kubernetes.io/service-name: svc}}\naddressType: IPv4\nendpoints: [{addresses: [127.0.0.1]}]\nports: [{name: http, port: UPSTREAM}]\n',
    { says: /created/ },
  ),
  apply(routes('svc.test', 'by-service').replace('backend.test', 'svc.default.svc.cluster.local'), {
    serves: [['svc.test', '/ok', 200]],
  }),
  k('get endpointslices', { says: /svc-1/ }),
  k('get events', { says: /No resources found/ }),
];

const END: Step[] = [
  k('delete vs owned --dry-run=server', { says: /server dry run/ }),
  k('get vs owned -o name', { says: /owned/ }),
  k('delete vs owned', { says: /deleted/, serves: [['yours.test', '/ok', 404]] }),
  k('wait --for=delete vs/owned --timeout=5s'),
  {
    command: ['diff', '--server-side', '--force-conflicts', '-f', '-'],
    input: routes('other.test'),
    code: 1,
    says: /other\.test/,
  },
  {
    command: ['create', '--dry-run=client', '-o', 'name', '-f', '-'],
    input: routes('dry.test', 'dry'),
    says: /\/dry$/m,
  },
  k('delete vs -l team=nobody', { says: /No resources found/ }),
  k('delete vs -l team=blue,tier=front', { says: /No resources found/ }),
  k('delete vs --all', { says: /"web" deleted/, serves: [['replaced.test', '/ok', 404]] }),
  k('delete vs --all -n shop', { serves: [['shop.test', '/ok', 404]] }),
  k('delete secret,cm,svc,endpointslice --all', { says: /deleted/ }),
  k('delete namespace shop', { says: /deleted/ }),
  k('get vs -A', { says: /No resources found/ }),
];

export const STEPS: readonly Step[] = [...DISCOVERY, ...APPLY, ...CHANGE, ...SERVER_SIDE, ...BAD, ...CORE, ...END];
