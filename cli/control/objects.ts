/** Users' files as objects of the API: what each is called, and the path under which it lives. */
import { readDocuments } from '../../control-api/resources/documents.ts';
import { apiVersionOf, KINDS, type Kind } from '../../control-api/rest/kinds.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readSources } from '../files.ts';

export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** Every object of the files that the API serves, Namespaces first. Throws a CommandError (65) on a document that is none. */
export function readObjects(names: readonly string[], namespace: string): ApiObject[] {
  const objects = readSources(names).flatMap(({ file, text }) =>
    readDocuments(file, text).flatMap((document) => {
      if ('error' in document) throw new CommandError(`${file}: ${document.error}`, EXIT.unreadable);
      return itemsOf(document.value).map((value) => checked(value, file, namespace));
    }),
  );
  return objects.sort((a, b) => Number(b.kind === 'Namespace') - Number(a.kind === 'Namespace'));
}

function itemsOf(value: unknown): unknown[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [value];
}

function checked(value: unknown, file: string, namespace: string): ApiObject {
  const object = value as Partial<ApiObject> | null;
  if (typeof object?.apiVersion !== 'string' || typeof object.kind !== 'string' || !object.metadata?.name) {
    throw new CommandError(`${file}: an object needs apiVersion, kind and metadata.name`, EXIT.unreadable);
  }
  const kind = kindOf(object as ApiObject);
  if (!kind) throw new CommandError(`${file}: ${object.apiVersion} ${object.kind} is not served`, EXIT.unreadable);
  const metadata = kind.namespaced
    ? { ...object.metadata, namespace: object.metadata.namespace ?? namespace }
    : object.metadata;
  return { ...object, apiVersion: object.apiVersion, kind: object.kind, metadata };
}

export function kindOf({ apiVersion, kind }: Pick<ApiObject, 'apiVersion' | 'kind'>): Kind | undefined {
  return KINDS.find(
    (known) =>
      known.kind === kind && known.versions.some((version) => apiVersionOf(known.group, version) === apiVersion),
  );
}

/** `/apis/networking.istio.io/v1/namespaces/default/virtualservices/web` */
export function pathOf(object: ApiObject): string {
  const kind = kindOf(object)!;
  const { namespace, name } = object.metadata;
  const scope = kind.namespaced ? `/namespaces/${namespace}` : '';
  return `${kind.group ? '/apis' : '/api'}/${object.apiVersion}${scope}/${kind.plural}/${encodeURIComponent(name)}`;
}

/** `virtualservice.networking.istio.io/default/web`, as kubectl would name it, with the namespace. */
export function nameOf(object: ApiObject): string {
  const kind = kindOf(object);
  const group = kind?.group ? `.${kind.group}` : '';
  const { namespace, name } = object.metadata;
  return `${kind?.singular ?? object.kind}${group}/${namespace ? `${namespace}/` : ''}${name}`;
}
