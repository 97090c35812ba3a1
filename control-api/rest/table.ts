/** `kubectl get`: the server decides the columns (Kubernetes: "Receiving resources as Tables"). */
import type { Json } from './apply/fields.ts';

interface Column {
  name: string;
  type: 'string' | 'integer' | 'date';
  /** 0 always, 1 with -o wide */
  priority: number;
  value(object: Json): unknown;
}

type Any = Record<string, never>;
const spec = (object: Json) => (object.spec ?? {}) as Any;
const list = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : undefined);

const NAME: Column = { name: 'Name', type: 'string', priority: 0, value: (object) => (object.metadata as Json).name };
const AGE: Column = {
  name: 'Age',
  type: 'date',
  priority: 0,
  value: (object) => age(String((object.metadata as Json).creationTimestamp ?? '')),
};
const column = (name: string, value: (object: Json) => unknown, priority = 0): Column => ({
  name,
  type: 'string',
  priority,
  value,
});

/** Whether what was accepted is live, from the Programmed condition. */
const PROGRAMMED = column('Programmed', (object) => {
  const conditions = ((object.status ?? {}) as { conditions?: { type: string; status: string }[] }).conditions ?? [];
  return conditions.find((condition) => condition.type === 'Programmed')?.status;
});

const COLUMNS: Record<string, Column[]> = {
  VirtualService: [
    column('Gateways', (o) => list(spec(o).gateways)),
    column('Hosts', (o) => list(spec(o).hosts)),
    PROGRAMMED,
  ],
  DestinationRule: [column('Host', (o) => spec(o).host), PROGRAMMED],
  ServiceEntry: [
    column('Hosts', (o) => list(spec(o).hosts)),
    column('Location', (o) => spec(o).location),
    column('Resolution', (o) => spec(o).resolution),
  ],
  Gateway: [PROGRAMMED],
  AuthorizationPolicy: [column('Action', (o) => spec(o).action), PROGRAMMED],
  Namespace: [column('Status', () => 'Active')],
  ConfigMap: [column('Data', (o) => String(Object.keys((o.data ?? {}) as Json).length))],
  Secret: [column('Type', (o) => o.type), column('Data', (o) => String(Object.keys((o.data ?? {}) as Json).length))],
};

export function tableOf(kind: string, objects: Json[], listMeta: Json): Json {
  const columns = [NAME, ...(COLUMNS[kind] ?? [PROGRAMMED]), AGE];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMeta,
    columnDefinitions: columns.map(({ name, type, priority }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: name,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((c) => c.value(object) ?? ''),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

/** `5m`, `3h12m`, `2d`: Kubernetes' short duration. */
export function age(timestamp: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(timestamp)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes}m${seconds % 60 ? `${seconds % 60}s` : ''}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return `${hours}h${minutes % 60 ? `${minutes % 60}m` : ''}`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
