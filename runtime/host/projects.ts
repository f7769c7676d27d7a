/** Loads rules' projects into this process. */
import { registerHooks } from 'node:module';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type * as connectionsModule from '../project/src/lib/connections.ts';
import type * as examplesModule from '../project/src/lib/examples.ts';
import type { Rule } from '../project/src/lib/rule.ts';
import type * as runModule from '../project/src/lib/run.ts';

/** A rule together with the library that it was compiled for, both from its own folder. */
export interface Project {
  rule: Rule;
  run: typeof runModule;
  connections: typeof connectionsModule;
  examples: typeof examplesModule;
}

/** The project cannot be loaded; trying again does not help. */
export class ProjectError extends Error {
  readonly code = 'project_broken';
}

// A project's folder holds no node_modules: the packages that it names are the hub's own. (Run
// alone, the project installs the same versions from its lockfile.)
registerHooks({
  resolve(specifier, context, nextResolve) {
    const isPackage = !/^(?:\.{0,2}\/|[a-z]+:)/.test(specifier);
    const inProject = sources.has(sourceFolderOf(context.parentURL ?? ''));
    const parentURL = isPackage && inProject ? import.meta.url : context.parentURL;
    return nextResolve(specifier, { ...context, parentURL });
  },
});

/** URLs of the `src/` folders of all projects loaded so far. */
const sources = new Set<string>();

function sourceFolderOf(url: string): string {
  return url.slice(0, url.lastIndexOf('/src/') + '/src/'.length);
}

/** Loaded modules stay in the process for good, so a worker that has many should be replaced. */
const loaded = new Map<string, Promise<Project>>();

export function loadedProjects(): number {
  return loaded.size;
}

/** The project in a folder, loaded once: a folder belongs to one version and never changes. */
export function loadProject(folder: string): Promise<Project> {
  let project = loaded.get(folder);
  if (!project) {
    project = load(folder);
    loaded.set(folder, project);
    // A folder that could not be loaded may be repaired.
    project.catch(() => loaded.delete(folder));
  }
  return project;
}

async function load(folder: string): Promise<Project> {
  const url = (file: string): string => pathToFileURL(join(folder, 'src', file)).href;
  sources.add(url('/'));
  try {
    await access(join(folder, 'src', 'rule.ts'));
  } catch {
    throw new ProjectError(`The project ${folder} has no src/rule.ts.`);
  }
  try {
    const [{ rule }, run, connections, examples] = (await Promise.all([
      import(url('rule.ts')),
      import(url('lib/run.ts')),
      import(url('lib/connections.ts')),
      import(url('lib/examples.ts')),
    ])) as [{ rule?: Rule }, typeof runModule, typeof connectionsModule, typeof examplesModule];
    if (rule === undefined) throw new ProjectError('src/rule.ts exports no rule.');
    return { rule, run, connections, examples };
  } catch (error) {
    if (error instanceof ProjectError) throw error;
    throw new ProjectError(`The project ${folder} cannot be loaded: ${String(error)}`);
  }
}
