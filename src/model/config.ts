import { Type, type Static } from 'typebox';
import { SEVERITIES } from './check.ts';
import { TellingOptions } from './telling.ts';
import { Attestation, Waiver } from './waiver.ts';

export const CONFIG_VERSION = 1;

const place = (example: string, description: string) =>
  Type.String({ minLength: 1, maxLength: 1024, examples: [example], description });

const endpoints = (pattern: string, example: string, description: string) =>
  Type.Array(Type.String({ maxLength: 300, pattern, examples: [example] }), {
    maxItems: 256,
    examples: [[example]],
    description,
  });

const HOST_PORT = '^(\\[[0-9A-Fa-f:.]+\\]|[^\\s:/@\\[\\]]+):[0-9]{1,5}$';
const CANARY = '^(\\[[0-9A-Fa-f:.]+\\]|[^\\s:/@\\[\\]]+):[0-9]{1,5}(/(tcp|udp))?$';

const waivers = Type.Array(Waiver, {
  maxItems: 4096,
  examples: [
    [
      {
        id: 'NET-004',
        target: 'github',
        subject: '203.0.113.10:443*',
        reason: 'the vendor fixes it in 3.2',
        owner: 'platform-team',
        expires: '2027-01-31',
      },
    ],
  ],
  description: 'Failures that somebody accepts until a day.',
});

/** `bulkhead.yaml`, `bulkhead.json`, or the key `bulkhead` of package.json. Every `examples` is what an error message shows. */
export const ConfigSchema = Type.Object(
  {
    $schema: Type.Optional(place('schemas/config.schema.json', 'For editors.')),
    targets: Type.Optional(
      Type.Array(place('github', 'Name or id of a container.'), {
        maxItems: 4096,
        examples: [['github']],
        description: 'Containers to audit; default: every MCP server that is found.',
      }),
    ),
    profiles: Type.Optional(
      Type.Array(
        Type.Object(
          {
            target: Type.Optional(place('github', 'Name of a server, or a pattern: * is any text, ? any one character.')),
            image: Type.Optional(place('ghcr.io/github/*', 'Image reference, or a pattern.')),
            profile: place('profiles/github.json', 'File, relative to this one, or none, or network.'),
          },
          { additionalProperties: false, examples: [{ target: 'github', profile: 'profiles/github.json' }] },
        ),
        {
          maxItems: 4096,
          examples: [[{ target: 'github', profile: 'profiles/github.json' }]],
          description: 'Which profile a server is measured against; the first that fits.',
        },
      ),
    ),
    canaries: Type.Optional(
      Type.Object(
        {
          internet: Type.Optional(
            endpoints(
              CANARY,
              'canary.example:443',
              'Destinations outside that nobody declares; an empty list dials nothing outside.',
            ),
          ),
          neighbors: Type.Optional(endpoints(HOST_PORT, 'api2.example:443', 'Undeclared neighbours of declared hosts.')),
          private: Type.Optional(endpoints(HOST_PORT, '10.0.0.5:5432', 'Private destinations that nobody declares.')),
        },
        { additionalProperties: false, examples: [{ internet: ['canary.example:443'] }] },
      ),
    ),
    management: Type.Optional(endpoints(HOST_PORT, '127.0.0.1:8080', 'Management APIs that no server may reach.')),
    gates: Type.Optional(
      Type.Object(
        {
          failOn: Type.Optional(
            Type.Enum([...SEVERITIES, 'never'], { examples: ['medium'], description: 'Lowest severity that fails the run.' }),
          ),
          minSeverity: Type.Optional(
            Type.Enum([...SEVERITIES], { examples: ['low'], description: 'Hides less severe findings; changes no exit code.' }),
          ),
          allowEmpty: Type.Optional(Type.Boolean({ examples: [false], description: 'Finding no server is no failure.' })),
          failOnUnusedWaiver: Type.Optional(
            Type.Boolean({ examples: [true], description: 'A waiver that covers nothing, or has ended, fails the run.' }),
          ),
          minCoverage: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 100,
              examples: [90],
              description: 'Share of findings that have to be decided, percent; below it the run is inconclusive.',
            }),
          ),
          baseline: Type.Optional(place('bulkhead.baseline.json', 'An earlier run; only what is new since then fails.')),
        },
        { additionalProperties: false, examples: [{ failOn: 'medium' }] },
      ),
    ),
    waivers: Type.Optional(waivers),
    waiversFile: Type.Optional(place('bulkhead.waivers.yaml', 'A file with more waivers.')),
    attestations: Type.Optional(
      Type.Array(Attestation, {
        maxItems: 1024,
        examples: [[]],
        description: 'What somebody vouches for; no check takes it for evidence.',
      }),
    ),
    history: Type.Optional(
      Type.Object(
        {
          file: Type.Optional(place('bulkhead-history.db', 'Where runs are kept; default: a file of the user.')),
          keepRuns: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1_000_000, examples: [500], description: 'So many of the newest runs stay.' }),
          ),
          keepDays: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 36_500, examples: [90], description: 'Runs of so many last days stay.' }),
          ),
        },
        {
          additionalProperties: false,
          examples: [{ keepRuns: 500, keepDays: 90 }],
          description: 'Audits are recorded; a run goes as soon as one of the limits says so.',
        },
      ),
    ),
    watch: Type.Optional(
      Type.Object(
        {
          schedule: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 100,
              examples: ['0 */6 * * *'],
              description: 'When `bulkhead watch` scans: an interval such as 15m or 6h, or cron in local time.',
            }),
          ),
          jitterSeconds: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 86_400,
              examples: [300],
              description: 'Puts each scheduled scan off by up to this.',
            }),
          ),
          events: Type.Optional(
            Type.Boolean({ examples: [true], description: 'Whether events of the engine cause scans of what they touch.' }),
          ),
        },
        {
          additionalProperties: false,
          examples: [{ schedule: '0 */6 * * *', jitterSeconds: 300 }],
          description: 'What `bulkhead watch` does.',
        },
      ),
    ),
    telling: Type.Optional(TellingOptions),
    outputs: Type.Optional(
      Type.Array(
        Type.String({
          maxLength: 1024,
          pattern: '^[a-z-]+(=.+)?$',
          examples: ['json=bulkhead.json'],
          description: 'FORMAT or FORMAT=FILE.',
        }),
        { maxItems: 32, examples: [['console', 'json=bulkhead.json']], description: 'Reports to write, as --format takes them.' },
      ),
    ),
  },
  { additionalProperties: false, examples: [{ gates: { failOn: 'medium' } }] },
);
export type Config = Static<typeof ConfigSchema>;

/** A file of waivers alone. */
export const WaiverFileSchema = Type.Object({ waivers }, { additionalProperties: false, examples: [{ waivers: [] }] });
export type WaiverFile = Static<typeof WaiverFileSchema>;
