/**
 * The parts of the compiler that the build uses. Its own types declare the language's globals and would change `console`
 * for this whole project, so the shapes are written here.
 */

export interface Declaration {
  kind: number;
  flags: number;
  name: { text: string };
  extendsType?: { name: { identifier: { text: string } } } | null;
  members: { kind: number; name: { text: string } }[];
}

interface Program {
  sources: { statements: Declaration[] }[];
}

interface Parser {
  newOptions(): object;
  newProgram(options: object): Program;
  parse(program: Program, text: string | null, path: string, isEntry: boolean): void;
  nextFile(program: Program): string | null;
  NodeKind: { ClassDeclaration: number; MethodDeclaration: number };
  CommonFlags: { Export: number };
}

interface Hooks {
  readFile(name: string, baseDir: string): string | null;
  writeFile(name: string, contents: Uint8Array | string): void;
  listFiles(): string[];
}

interface Compiler {
  main(args: string[], hooks: Hooks): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

// Named by a variable, so that the types of the package are not read.
const PARSER: string = 'assemblyscript';
const COMPILER: string = 'assemblyscript/asc';

export async function loadParser(): Promise<Parser> {
  return (await import(PARSER)) as Parser;
}

export async function loadCompiler(): Promise<Compiler> {
  return (await import(COMPILER)) as Compiler;
}
