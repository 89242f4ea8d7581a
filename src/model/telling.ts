import { Type, type Static } from 'typebox';
import { SEVERITIES } from './check.ts';

const WEBHOOK = { url: 'https://hooks.example/bulkhead', secretEnv: 'BULKHEAD_WEBHOOK_SECRET' };
const COMMAND = { argv: ['/usr/local/bin/notify'] };

const variable = (description: string) =>
  Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 128, examples: ['BULKHEAD_WEBHOOK_SECRET'], description });

const minSeverity = Type.Enum([...SEVERITIES], {
  examples: ['high'],
  description: 'Less severe drift is not told; that runs fail, and recover, is.',
});

export const WebhookOptions = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      examples: ['https://hooks.example/bulkhead'],
      description: 'Where events are posted.',
    }),
    secretEnv: Type.Optional(variable('Variable with the secret that signs; this or secretFile.')),
    secretFile: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        examples: ['/run/secrets/webhook'],
        description: 'File with the secret that signs.',
      }),
    ),
    minSeverity: Type.Optional(minSeverity),
    allowHttp: Type.Optional(
      Type.Boolean({ examples: [false], description: 'Posts without TLS also to other machines: whoever is between reads it.' }),
    ),
  },
  { additionalProperties: false, examples: [WEBHOOK] },
);
export type WebhookOptions = Static<typeof WebhookOptions>;

export const CommandOptions = Type.Object(
  {
    argv: Type.Array(Type.String({ minLength: 1, maxLength: 4096, examples: ['/usr/local/bin/notify'] }), {
      minItems: 1,
      maxItems: 64,
      examples: [['/usr/local/bin/notify', '--channel', 'mcp']],
      description: 'Program and arguments; no shell reads them. The event is its standard input.',
    }),
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600, examples: [30], description: 'Then it is ended.' })),
    env: Type.Optional(
      Type.Array(variable('A name.'), {
        maxItems: 64,
        examples: [['NOTIFY_TOKEN']],
        description: 'Variables that it gets beside the usual ones (docs/telling.md).',
      }),
    ),
    minSeverity: Type.Optional(minSeverity),
  },
  { additionalProperties: false, examples: [COMMAND] },
);
export type CommandOptions = Static<typeof CommandOptions>;

export const MetricsOptions = Type.Object(
  {
    listen: Type.Optional(
      Type.String({
        pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[^\\s:/@\\[\\]]+):[0-9]{1,5}$',
        maxLength: 300,
        examples: ['127.0.0.1:9464'],
        description: 'HOST:PORT that answers /metrics, /healthz and /readyz.',
      }),
    ),
    allowRemote: Type.Optional(
      Type.Boolean({
        examples: [false],
        description: 'Listens on an address that other machines reach. Nobody is asked who he is.',
      }),
    ),
    hosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 253, examples: ['metrics.example'] }), {
        maxItems: 64,
        examples: [['metrics.example']],
        description: 'Names that a request may ask by, beside addresses and localhost.',
      }),
    ),
    textfile: Type.Optional(
      Type.String({
        pattern: '\\.prom$',
        maxLength: 1024,
        examples: ['/var/lib/node_exporter/bulkhead.prom'],
        description: "A file for node-exporter's textfile collector.",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ listen: '127.0.0.1:9464' }] },
);
export type MetricsOptions = Static<typeof MetricsOptions>;

/** Who is told of drift, and where the figures stand. */
export const TellingOptions = Type.Object(
  {
    webhooks: Type.Optional(
      Type.Array(WebhookOptions, { maxItems: 16, examples: [[WEBHOOK]], description: 'Who is told over HTTP.' }),
    ),
    commands: Type.Optional(
      Type.Array(CommandOptions, { maxItems: 16, examples: [[COMMAND]], description: 'What is run to tell.' }),
    ),
    metrics: Type.Optional(MetricsOptions),
  },
  { additionalProperties: false, examples: [{ metrics: { listen: '127.0.0.1:9464' } }] },
);
export type TellingOptions = Static<typeof TellingOptions>;
