import { Ajv } from 'ajv';

const text = { type: 'string', minLength: 1 };
const texts = { type: 'array', items: text };
const oneOf = (...values: readonly (string | number)[]) => ({ enum: values });
/** An object of OCSF: the attributes that Bulkhead uses, and those that the schema requires. */
const object = (required: readonly string[], properties: Readonly<Record<string, object>>, more: object = {}) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
  ...more,
});
const NAMED = { anyOf: [{ required: ['name'] }, { required: ['uid'] }] };

/**
 * The class Compliance Finding [2003] of OCSF 1.3.0, without profiles: every attribute has the type, the requirement and
 * the values of the official schema, and attributes that it does not have, or that it calls deprecated, are refused.
 * https://schema.ocsf.io/1.3.0/classes/compliance_finding
 * https://github.com/ocsf/ocsf-schema/tree/v1.3.0 (events/findings, objects)
 */
const SCHEMA = object(
  ['activity_id', 'category_uid', 'class_uid', 'compliance', 'finding_info', 'metadata', 'severity_id', 'time', 'type_uid'],
  {
    activity_id: { type: 'integer' },
    activity_name: { type: 'string' },
    category_uid: oneOf(2),
    category_name: oneOf('Findings'),
    class_uid: oneOf(2003),
    class_name: oneOf('Compliance Finding'),
    type_uid: { type: 'integer' },
    type_name: { type: 'string' },
    time: { type: 'integer', minimum: 0 },
    message: text,
    comment: text,
    severity_id: { type: 'integer' },
    severity: { type: 'string' },
    status_id: { type: 'integer' },
    status: { type: 'string' },
    metadata: object(['product', 'version'], {
      version: oneOf('1.3.0'),
      uid: text,
      product: object(['vendor_name'], { name: text, uid: text, vendor_name: text, version: text }, NAMED),
    }),
    finding_info: object(['title', 'uid'], {
      uid: text,
      title: text,
      desc: text,
      types: texts,
      analytic: object(['type_id'], { type_id: oneOf(1), type: oneOf('Rule'), uid: text, name: text }, NAMED),
    }),
    compliance: object(
      ['standards'],
      {
        standards: { ...texts, minItems: 1 },
        control: text,
        requirements: texts,
        status_id: { type: 'integer' },
        status: { type: 'string' },
        status_detail: text,
      },
      {
        oneOf: [
          captioned('status', { 1: 'Pass', 2: 'Warning', 3: 'Fail' }),
          // 99 is "Other": the caption is the source's own.
          { properties: { status_id: oneOf(99), status: text }, required: ['status_id', 'status'] },
        ],
      },
    ),
    remediation: object(['desc'], { desc: text, references: texts }),
    resources: { type: 'array', items: object([], { uid: text, name: text, type: text, labels: texts }, NAMED) },
    unmapped: { type: 'object' },
  },
  {
    allOf: [
      captioned('severity', { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical', 6: 'Fatal' }),
      {
        anyOf: [
          captioned('status', { 1: 'New', 2: 'In Progress', 3: 'Suppressed', 4: 'Resolved' }),
          // As above.
          { properties: { status_id: oneOf(99), status: text }, required: ['status_id', 'status'] },
        ],
      },
      // type_uid is class_uid * 100 + activity_id.
      {
        anyOf: Object.entries({ 1: 'Create', 2: 'Update', 3: 'Close' }).map(([id, name]) => ({
          properties: {
            activity_id: oneOf(Number(id)),
            activity_name: oneOf(name),
            type_uid: oneOf(200_300 + Number(id)),
            type_name: oneOf(`Compliance Finding: ${name}`),
          },
          required: ['activity_id', 'activity_name', 'type_uid', 'type_name'],
        })),
      },
    ],
  },
);

/** `NAME_id` and `NAME` say the same. */
function captioned(name: string, captions: Readonly<Record<number, string>>): object {
  return {
    anyOf: Object.entries(captions).map(([id, caption]) => ({
      properties: { [`${name}_id`]: oneOf(Number(id)), [name]: oneOf(caption) },
      required: [`${name}_id`, name],
    })),
  };
}

const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(SCHEMA);

/** One event a line. */
export function ocsfProblems(lines: string): readonly string[] {
  return lines
    .trimEnd()
    .split('\n')
    .flatMap((line, index) =>
      validate(JSON.parse(line))
        ? []
        : (validate.errors ?? []).map(({ instancePath, message }) => `${index + 1}: ${instancePath} ${message}`),
    );
}
