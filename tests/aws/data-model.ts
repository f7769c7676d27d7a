/** The access patterns of docs/data-model.md, in its words, and what the AWS command line makes of them. */

export interface AccessPattern {
  name: string;
  /** "<id>" and its like stand for values that the caller has. */
  query: string;
}

export const accessPatterns: readonly AccessPattern[] = [
  { name: 'user by ID', query: 'Query Users where PK = USER#<id>' },
  { name: 'user by email', query: 'Query Users.GSI1 where GSI1PK = EMAIL#<email>' },

  { name: 'rule by ID', query: 'Query Rules where PK = RULE#<id>' },
  { name: "user's rules", query: 'Query Rules.GSI1 where GSI1PK = USER#<userId>' },
  {
    name: "user's active rules",
    query: "Query Rules.GSI1 where GSI1PK = USER#<userId> and begins_with(GSI1SK, 'STATUS#active')",
  },
  {
    name: 'recently updated rules',
    query: 'Query Rules.GSI2 where GSI2PK = USER#<userId>, sort by GSI2SK desc',
  },

  { name: 'channel by ID', query: 'Query Channels where PK = CHANNEL#<id>' },
  { name: "user's channels", query: 'Query Channels.GSI1 where GSI1PK = USER#<userId>' },
  {
    name: "user's email channels",
    query: "Query Channels.GSI1 where GSI1PK = USER#<userId> and begins_with(GSI1SK, 'TYPE#email')",
  },

  { name: 'message by ID', query: 'Query Messages where PK = MESSAGE#<id>' },
  {
    name: 'channel messages',
    query: 'Query Messages.GSI1 where GSI1PK = CHANNEL#<channelId>, sort by GSI1SK desc',
  },
  {
    name: 'pending messages',
    query: 'Query Messages.GSI2 where GSI2PK = STATUS#pending, sort by GSI2SK desc',
  },

  { name: 'execution by ID', query: 'Query Executions where PK = EXECUTION#<id>' },
  {
    name: 'rule executions',
    query: 'Query Executions.GSI1 where GSI1PK = RULE#<ruleId>, sort by GSI1SK desc',
  },
  {
    name: 'message executions',
    query: 'Query Executions.GSI2 where GSI2PK = MESSAGE#<messageId>',
  },
  {
    name: 'failed executions',
    query: 'Query Executions.GSI3 where GSI3PK = STATUS#failed, sort by GSI3SK desc',
  },

  {
    name: 'latest project version',
    query: 'Query RuleProjects where PK = PROJECT#<ruleId>, sort by SK desc, limit 1',
  },
  {
    name: 'specific project version',
    query: 'Query RuleProjects where PK = PROJECT#<ruleId> and SK = VERSION#<version>',
  },
  { name: 'all project versions', query: 'Query RuleProjects where PK = PROJECT#<ruleId>' },

  { name: 'integration by ID', query: 'Query Integrations where PK = INTEGRATION#<id>' },
  {
    name: 'user integrations',
    query: 'Query Integrations.GSI1 where GSI1PK = USER#<userId>',
  },
  {
    name: "user's Google integration",
    query:
      "Query Integrations.GSI1 where GSI1PK = USER#<userId> and begins_with(GSI1SK, 'SERVICE#google')",
  },
];

export interface ParsedQuery {
  table: string;
  index?: string;
  /** The key condition as DynamoDB wants it, its values named :v0, :v1 … */
  expression: string;
  values: string[];
  descending: boolean;
  limit?: number;
}

/** Reads a pattern's words; `known` gives what stands for "<id>" and its like. */
export function parseQuery(text: string, known: Record<string, string>): ParsedQuery {
  const parts =
    /^Query (\w+)(?:\.(GSI\d))? where (.+?)(?:, sort by \w+ (desc))?(?:, limit (\d+))?$/.exec(text);
  if (parts === null) throw new Error(`no access pattern: ${text}`);
  const [, table = '', index, where = '', order, limit] = parts;
  const values: string[] = [];
  const named = (value: string): string => {
    const filled = value.replace(/<(\w+)>/g, (_, name: string) => {
      const found = known[name];
      if (found === undefined) throw new Error(`nothing is known for <${name}> in ${text}`);
      return found;
    });
    values.push(filled);
    return `:v${String(values.length - 1)}`;
  };
  const expression = where
    .split(' and ')
    .map((clause) => {
      const begins = /^begins_with\((\w+), '([^']*)'\)$/.exec(clause);
      if (begins !== null) return `begins_with(${begins[1] ?? ''}, ${named(begins[2] ?? '')})`;
      const equals = /^(\w+) = (\S+)$/.exec(clause);
      if (equals === null) throw new Error(`no key condition: ${clause}`);
      return `${equals[1] ?? ''} = ${named(equals[2] ?? '')}`;
    })
    .join(' and ');
  return {
    table,
    expression,
    values,
    descending: order === 'desc',
    ...(index !== undefined && { index }),
    ...(limit !== undefined && { limit: Number(limit) }),
  };
}
