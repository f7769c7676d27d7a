/** Checks the types of rules' projects, as `tsc` does in a project's folder. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import ts from 'typescript';

/** Something that TypeScript refuses. */
export interface Problem {
  file: string; // in the project: "src/rule.ts"
  line: number; // from 1
  column: number;
  message: string; // "TS2322: Type 'string' is not …"
}

const MAX_PROBLEMS = 20;

const packages = dirname(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
);
/**
 * Where every project seems to lie for the compiler: below the packages' own folder, so that it
 * finds them, and always the same, so that what it knows of one project's library serves the next.
 */
const seeming = join(dirname(packages), '.project');

/** Parsed files by seeming path; those of packages and of TypeScript itself never change. */
const parsed = new Map<string, ts.SourceFile>();
/** Files of the library that were found to be right, as digests of what that depends on. */
const known = new Set<string>();
let last: ts.Program | undefined;
let resolutions: ts.ModuleResolutionCache | undefined;
let resolvedWith = '';

function isOfProject(path: string): boolean {
  return path.startsWith(`${seeming}/`);
}

/** The compiler's view of the disk, with the project in its seeming place. */
function viewOf(folder: string) {
  const real = (path: string): string =>
    path === seeming || isOfProject(path) ? folder + path.slice(seeming.length) : path;
  const stat = (path: string) => statSync(real(path), { throwIfNoEntry: false });
  const fileExists = (path: string): boolean => stat(path)?.isFile() === true;
  return {
    useCaseSensitiveFileNames: true,
    getCurrentDirectory: () => seeming,
    fileExists,
    directoryExists: (path: string) => stat(path)?.isDirectory() === true,
    readFile: (path: string) => (fileExists(path) ? readFileSync(real(path), 'utf8') : undefined),
    getDirectories: (path: string) => ts.sys.getDirectories(real(path)),
    readDirectory: (path: string, extensions: readonly string[]) =>
      filesBelow(real(path), path, extensions),
    realpath: (path: string) => (isOfProject(path) ? path : (ts.sys.realpath?.(path) ?? path)),
  };
}
type View = ReturnType<typeof viewOf>;

/** What tsconfig.json of a project includes lies in src/ and test/. */
function filesBelow(folder: string, path: string, extensions: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extensions.some((end) => entry.name.endsWith(end)))
    .map((entry) => path + join(entry.parentPath, entry.name).slice(folder.length))
    .filter((file) => /^(?:src|test)\//.test(file.slice(path.length + 1)))
    .sort();
}

function hostFor(view: View, options: ts.CompilerOptions): ts.CompilerHost {
  return {
    ...ts.createCompilerHost(options),
    ...view,
    useCaseSensitiveFileNames: () => true,
    getModuleResolutionCache: () => resolutions,
    getSourceFile(path, target) {
      const before = parsed.get(path);
      if (before && !isOfProject(path)) return before;
      const text = view.readFile(path);
      if (text === undefined) return undefined;
      if (before?.text === text) return before;
      const file = ts.createSourceFile(path, text, target);
      parsed.set(path, file);
      return file;
    },
  };
}

function digest(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${String(part.length)}:${part}`);
  return hash.digest('hex');
}

/** What is wrong in the project of a folder; at most 20 problems, none when all is right. */
export function checkTypes(folder: string): Problem[] {
  const view = viewOf(folder);
  const configFile = join(seeming, 'tsconfig.json');
  const configText = view.readFile(configFile);
  if (configText === undefined) return [problem('tsconfig.json', 'The project has none.')];
  const read = ts.parseConfigFileTextToJson(configFile, configText);
  if (read.error) return [problemOf(read.error)];
  const config = ts.parseJsonConfigFileContent(read.config, view, seeming);
  if (config.errors.length > 0) return config.errors.map(problemOf);
  const options: ts.CompilerOptions = {
    ...config.options,
    noEmit: true,
    typeRoots: [join(packages, '@types')],
  };
  if (!resolutions || resolvedWith !== configText) {
    resolvedWith = configText;
    last = undefined;
    parsed.clear();
    known.clear();
    resolutions = ts.createModuleResolutionCache(seeming, (path) => path, options);
  }
  const program = ts.createProgram(config.fileNames, options, hostFor(view, options), last);
  last = program;
  return problemsOf(program);
}

function problemsOf(program: ts.Program): Problem[] {
  const found: ts.Diagnostic[] = [...program.getOptionsDiagnostics()];
  const files = program.getSourceFiles().filter(({ fileName }) => isOfProject(fileName));
  // The library imports nothing but itself and packages, so it is checked once for many projects.
  const isLibrary = ({ fileName }: ts.SourceFile): boolean =>
    /^\/src\/(?:lib|actions)\//.test(fileName.slice(seeming.length));
  const library = digest(
    ...files.filter(isLibrary).flatMap(({ fileName, text }) => [fileName, text]),
  );
  for (const file of files) {
    const key = isLibrary(file) ? digest(library, file.fileName) : '';
    if (known.has(key)) continue;
    const wrong = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    found.push(...wrong);
    if (wrong.length === 0 && key !== '') known.add(key);
    if (found.length >= MAX_PROBLEMS) break;
  }
  return found.slice(0, MAX_PROBLEMS).map(problemOf);
}

function problemOf(diagnostic: ts.Diagnostic): Problem {
  const message = `TS${String(diagnostic.code)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  const { file, start } = diagnostic;
  if (!file) return problem('tsconfig.json', message);
  const { line, character } = ts.getLineAndCharacterOfPosition(file, start ?? 0);
  const name = isOfProject(file.fileName)
    ? file.fileName.slice(seeming.length + 1)
    : file.fileName.slice(packages.length + 1);
  return { file: name, line: line + 1, column: character + 1, message };
}

function problem(file: string, message: string): Problem {
  return { file, line: 1, column: 1, message };
}
