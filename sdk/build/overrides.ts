/** Which callbacks a filter's source overrides, found by parsing it: only those become exports of the module. */
import { type Declaration, loadParser } from './assemblyscript.ts';

/** Reads a source by its path without extension, as imports name it; null: no such file. */
export type ReadSource = (path: string) => string | null;

export interface Overrides {
  /** The class that extends Plugin and is exported by the entry, if there is one. */
  plugin: string | undefined;
  /** The class that extends HttpFilter and is exported by the entry, if there is one. */
  filter: string | undefined;
  /** Names of overridden methods, of all classes that come from HttpFilter and from Plugin. */
  filterMethods: Set<string>;
  pluginMethods: Set<string>;
}

interface ClassFound {
  name: string;
  base: string | undefined;
  methods: string[];
  exportedByEntry: boolean;
}

/** Follows the relative imports of `entry`. A source that does not parse gives fewer classes; the compiler then says why. */
export async function findOverrides(entry: string, read: ReadSource): Promise<Overrides> {
  const classes = await parseAll(entry, read);
  const derived = (root: string) => classes.filter((one) => comesFrom(classes, one, root));
  const names = (root: string) => new Set(derived(root).flatMap(({ methods }) => methods));
  const exported = (root: string) => derived(root).find(({ exportedByEntry }) => exportedByEntry)?.name;
  return {
    plugin: exported('Plugin'),
    filter: exported('HttpFilter'),
    filterMethods: names('HttpFilter'),
    pluginMethods: names('Plugin'),
  };
}

async function parseAll(entry: string, read: ReadSource): Promise<ClassFound[]> {
  const parser = await loadParser();
  const program = parser.newProgram(parser.newOptions());
  parser.parse(program, read(entry) ?? '', entry, true);
  for (let next = parser.nextFile(program); next !== null; next = parser.nextFile(program))
    parser.parse(program, next.startsWith('~lib/') ? '' : (read(next) ?? ''), next, false);
  const { NodeKind, CommonFlags } = parser;
  return program.sources.flatMap(({ statements }, index) =>
    statements
      .filter(({ kind }) => kind === NodeKind.ClassDeclaration)
      .map((found) => ({
        name: found.name.text,
        base: found.extendsType?.name.identifier.text,
        methods: methodsOf(found, NodeKind.MethodDeclaration),
        exportedByEntry: index === 0 && (found.flags & CommonFlags.Export) !== 0,
      })),
  );
}

function methodsOf({ members }: Declaration, method: number): string[] {
  return members.filter(({ kind }) => kind === method).map(({ name }) => name.text);
}

function comesFrom(classes: ClassFound[], { base }: ClassFound, root: string): boolean {
  for (let name = base, steps = 0; name !== undefined && steps < classes.length + 1; steps++) {
    if (name === root) return true;
    name = classes.find((one) => one.name === name)?.base;
  }
  return false;
}
