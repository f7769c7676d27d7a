// What a group of tests came to, and how it is told.

import { readFileSync } from 'node:fs';

export interface Failure {
  name: string;
  output: string;
}

export interface Tally {
  passed: number;
  failures: Failure[];
  cut?: string; // why the group was not run to its end; says nothing about its tests
}

export function sum(tallies: readonly Tally[]): Tally {
  const cut = tallies.find((tally) => tally.cut !== undefined)?.cut;
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failures: tallies.flatMap((tally) => tally.failures),
    ...(cut === undefined ? {} : { cut }),
  };
}

/** The last lines of a log, for a failure that has no better words. */
export function tailOf(path: string, lines = 40): string {
  const all = readFileSync(path, 'utf8').trimEnd().split('\n');
  const kept = all.slice(-lines);
  return (kept.length < all.length ? `… (all of it: ${path})\n` : '') + kept.join('\n');
}

export function failed(name: string, output: string): Tally {
  return { passed: 0, failures: [{ name, output }] };
}
