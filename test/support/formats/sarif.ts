import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { gzipSync } from 'node:zlib';
import type { Log } from 'sarif';

// The official schema is of draft 4; what it uses is the same in draft 7, but for the name of `id`.
const { id: _, ...draft4 } = sarifSchema;
const draft7 = { ...draft4, $schema: 'http://json-schema.org/draft-07/schema#' };
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(draft7);

/**
 * What the official schema of SARIF 2.1.0 and GitHub's own rules say against it; no line, no problem.
 * https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 */
export function sarifProblems(log: Log): readonly string[] {
  const found = validate(log) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const required = (name: string, text: string | undefined, max = 100_000): readonly string[] =>
    text === undefined || text.trim() === '' || text.length > max ? [`${name}: ${text?.slice(0, 20) ?? 'none'}`] : [];
  return [
    ...found,
    ...(log.runs.length > 20 ? ['runs'] : []),
    ...log.runs.flatMap(({ tool, results = [] }) => [
      ...required('driver', tool.driver.name),
      ...(tool.driver.rules ?? []).flatMap(({ id, name, shortDescription, fullDescription, help, properties }) => [
        ...required('rule', id, 255),
        ...required('name', name, 255),
        ...required('short', shortDescription?.text, 1024),
        ...required('full', fullDescription?.text, 1024),
        ...required('help', help?.text),
        ...((properties?.tags ?? []).length > 10 ? ['tags'] : []),
      ]),
      ...results.flatMap(({ message, locations = [], partialFingerprints }) => {
        const place = locations[0]?.physicalLocation;
        const uri = place?.artifactLocation?.uri ?? '';
        const { startLine = 0, startColumn = 0, endLine = 0, endColumn = 0 } = place?.region ?? {};
        return [
          ...required('message', message.text),
          ...required('uri', uri),
          ...(/^[\w!'()*~%.-]+(\/[\w!'()*~%.-]+)*$/.test(uri) && !uri.split('/').includes('..') ? [] : [`uri ${uri}`]),
          ...(startLine >= 1 && startColumn >= 1 && endLine >= startLine && endColumn > startColumn ? [] : ['region']),
          ...required('fingerprint', partialFingerprints?.['primaryLocationLineHash']),
        ];
      }),
      ...(results.length > 25_000 ? ['results'] : []),
    ]),
  ];
}

/** GitHub: bytes of a file, compressed. */
export function isTooLargeForGitHub(text: string): boolean {
  return gzipSync(text).length > 10_000_000;
}
