/**
 * The two templates of a rule. What is put into them is data: it is rendered once and never read
 * again as a template, and in SQL it never becomes part of the statement at all.
 */
import { isDecimal } from './decimal.ts';
import { textOf } from './json.ts';

/** text`Invoice ${number}`: every value as it reads, nothing for one that is missing. */
export function text(parts: TemplateStringsArray, ...values: unknown[]): string {
  return parts.reduce((whole, part, index) => whole + textOf(values[index - 1]) + part);
}

/** A statement with placeholders, and the values that the database driver binds to them. */
export interface SqlStatement {
  text: string;
  values: SqlValue[];
}

export type SqlValue = string | number | boolean | null;

/** sql`select ${id}`: becomes `select $1`, with the value kept apart. */
export function sql(parts: TemplateStringsArray, ...values: unknown[]): SqlStatement {
  return {
    text: parts.reduce((whole, part, index) => `${whole}$${String(index)}${part}`),
    values: values.map(sqlValue),
  };
}

/** Decimals travel as their digits; lists and objects as JSON text, for json columns. */
function sqlValue(value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  return isDecimal(value) ? value.text : JSON.stringify(value);
}
