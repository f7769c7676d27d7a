// The tables as the data model writes them, by hand: a second opinion on protocol/tables.json.

export interface Expected {
  name: string;
  keys: [pk: string, sk: string];
  indexes: [pk: string, sk: string][]; // GSI1, GSI2 …
  ttl: boolean;
  read: number;
  write: number;
}

export const expected: Expected[] = [
  {
    name: 'Users',
    keys: ['USER#<id>', 'METADATA'],
    indexes: [['EMAIL#<email>', 'USER#<id>']],
    ttl: false,
    read: 5,
    write: 5,
  },
  {
    name: 'Rules',
    keys: ['RULE#<id>', 'METADATA'],
    indexes: [
      ['USER#<userId>', 'STATUS#<status>#<updatedAt>'],
      ['USER#<userId>', 'UPDATED#<updatedAt>'],
    ],
    ttl: false,
    read: 25,
    write: 10,
  },
  {
    name: 'Channels',
    keys: ['CHANNEL#<id>', 'METADATA'],
    indexes: [['USER#<userId>', 'TYPE#<type>#<createdAt>']],
    ttl: false,
    read: 10,
    write: 5,
  },
  {
    name: 'Messages',
    keys: ['MESSAGE#<id>', 'METADATA'],
    indexes: [
      ['CHANNEL#<channelId>', 'RECEIVED#<receivedAt>'],
      ['STATUS#<status>', 'RECEIVED#<receivedAt>'],
    ],
    ttl: true,
    read: 100,
    write: 50,
  },
  {
    name: 'Executions',
    keys: ['EXECUTION#<id>', 'METADATA'],
    indexes: [
      ['RULE#<ruleId>', 'STARTED#<startedAt>'],
      ['MESSAGE#<messageId>', 'STARTED#<startedAt>'],
      ['STATUS#<status>', 'STARTED#<startedAt>'],
    ],
    ttl: true,
    read: 100,
    write: 50,
  },
  {
    name: 'RuleProjects',
    keys: ['PROJECT#<ruleId>', 'VERSION#<version>'],
    indexes: [['RULE#<ruleId>', 'CREATED#<createdAt>']],
    ttl: false,
    read: 10,
    write: 10,
  },
  {
    name: 'Integrations',
    keys: ['INTEGRATION#<id>', 'METADATA'],
    indexes: [['USER#<userId>', 'SERVICE#<service>#<createdAt>']],
    ttl: false,
    read: 10,
    write: 5,
  },
];

/** The single table: no templates of its own, all indexes, and what the seven need in all. */
export const single = { name: 'MessageAutomationHub', indexes: 3, read: 260, write: 135 };
