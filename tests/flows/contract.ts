// Holds what the hub answers against protocol/openapi.yaml. The harness passes every answer of the
// API through here, so each flow is a test of the document, too.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';

interface Media {
  schema?: object;
}
interface Answer {
  $ref?: string;
  content?: Record<string, Media>;
}
interface Operation {
  responses: Record<string, Answer>;
  parameters?: { $ref?: string; name?: string; in?: string }[];
  security?: unknown[];
}
export interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

const file = join(import.meta.dirname, '../../protocol/openapi.yaml');
export const document = parse(readFileSync(file, 'utf8')) as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, 'openapi');

const methods = ['get', 'put', 'post', 'delete', 'patch'];

/** Every operation of the document as "GET /v1/rules". */
export function documentedOperations(): string[] {
  return Object.entries(document.paths)
    .flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => methods.includes(method))
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    .sort();
}

/** JSON pointer of a documented operation that answers this path; the most literal one wins. */
function operationPath(path: string): string | undefined {
  const bare = path.replace(/\?.*/, '');
  return Object.keys(document.paths)
    .filter((pattern) => {
      const escaped = pattern.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
      return new RegExp(`^${escaped.replace(/\{\w+\}/g, '[^/:]+')}$`).test(bare);
    })
    .sort((a, b) => b.replace(/\{\w+\}/g, '').length - a.replace(/\{\w+\}/g, '').length)[0];
}

const pointer = (...parts: string[]): string =>
  parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const compiled = new Map<string, ValidateFunction>();

function validator(reference: string): ValidateFunction {
  const known = compiled.get(reference);
  if (known !== undefined) return known;
  const made = ajv.compile({ $ref: `openapi#${reference}` });
  compiled.set(reference, made);
  return made;
}

/**
 * Throws when `openapi.yaml` does not describe this answer. Operations that it does not know are
 * answered with 404 or 405 and the schema of a problem.
 */
export function checkAnswer(
  method: string,
  path: string,
  answer: { status: number; headers: Record<string, string | string[] | undefined>; text: string },
): void {
  const contentType = String(answer.headers['content-type'] ?? '');
  const told = `${method} ${path} -> ${String(answer.status)} ${contentType}`;
  const pattern = operationPath(path);
  const operation = pattern && document.paths[pattern]?.[method.toLowerCase()];
  let reference: string;
  if (!pattern || !operation) {
    if (answer.status !== 404 && answer.status !== 405) throw new Error(`undocumented: ${told}`);
    reference = '/components/schemas/Problem';
  } else {
    const status = String(answer.status) in operation.responses ? String(answer.status) : 'default';
    const described = operation.responses[status];
    if (described === undefined) throw new Error(`status not documented: ${told}\n${answer.text}`);
    const at =
      described.$ref?.replace(/^#/, '') ??
      pointer('paths', pattern, method.toLowerCase(), 'responses', status);
    const resolved = described.$ref ? resolveReference(described.$ref) : described;
    const content = resolved.content ?? {};
    const type = contentType.split(';')[0] ?? '';
    if (Object.keys(content).length === 0) {
      if (answer.text !== '') throw new Error(`a body where none is documented: ${told}`);
      return;
    }
    const media = content[type];
    if (media === undefined) throw new Error(`content type not documented: ${told}`);
    if (media.schema === undefined || !type.endsWith('json')) return;
    reference = at + pointer('content', type, 'schema');
  }
  const validate = validator(reference);
  if (!validate(JSON.parse(answer.text))) {
    throw new Error(
      `${told}\n${ajv.errorsText(validate.errors, { separator: '\n' })}\n${answer.text}`,
    );
  }
}

function resolveReference(reference: string): Answer {
  let at: unknown = document;
  for (const part of reference.replace(/^#\//, '').split('/')) {
    at = (at as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at as Answer;
}
