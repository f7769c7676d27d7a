/** Checks the types of many projects as `tsc --strict` does, reading each library file once. */
import { join } from 'node:path';

import ts from 'typescript';

/** What is wrong with the projects, one text each; empty when nothing is. */
export function checkTypes(projects: readonly string[]): string[] {
  const libraries = new Map<string, ts.SourceFile | undefined>();
  return projects.flatMap((project) => {
    const config = ts.getParsedCommandLineOfConfigFile(
      join(project, 'tsconfig.json'),
      { strict: true, noUnusedLocals: true, noUnusedParameters: true },
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
    );
    if (!config) return [`${project}: tsconfig.json cannot be read`];
    const host = ts.createCompilerHost(config.options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (file, ...rest) => {
      // Files of packages and of the language itself are the same for all projects.
      if (!file.includes('node_modules')) return read(file, ...rest);
      if (!libraries.has(file)) libraries.set(file, read(file, ...rest));
      return libraries.get(file);
    };
    const program = ts.createProgram(config.fileNames, config.options, host);
    return ts
      .getPreEmitDiagnostics(program)
      .map((found) => ts.formatDiagnostic(found, formatHost).trim());
  });
}

const formatHost: ts.FormatDiagnosticsHost = {
  getCurrentDirectory: () => process.cwd(),
  getCanonicalFileName: (file) => file,
  getNewLine: () => '\n',
};
