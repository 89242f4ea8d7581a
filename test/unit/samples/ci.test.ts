import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAction, readWorkflow } from '../../support/github-runner.ts';
import { readJenkinsfile } from '../../support/jenkinsfile.ts';
import { problemsOf } from '../../support/workflow-parser.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** What the samples do when they are run: test/lab/ci-samples.test.ts, test/cli/github-action.test.ts. */
describe('action.yml', () => {
  const text = read('action.yml');

  it('is what GitHub’s own parser takes, and that refuses what is wrong', () => {
    expect(problemsOf('action', text)).toEqual([]);
    expect(problemsOf('action', text.replace('shell: bash', 'shel: bash'))).not.toEqual([]);
    expect(problemsOf('action', text.replace('inputs.targets', 'input.targets'))).not.toEqual([]);
  });

  it('puts no expression into a shell’s text, and hands on every input', () => {
    const { inputs = {}, runs } = readAction(ROOT);
    for (const { run, uses } of runs.steps) {
      expect(run).not.toContain('${{');
      expect(uses).toBeUndefined();
    }
    const handed = Object.values(runs.steps.at(-1)?.env ?? {});
    expect(handed).toEqual(Object.keys(inputs).map((name) => `\${{ inputs.${name} }}`));
  });
});

describe('the GitHub workflow', () => {
  const file = 'samples/ci/.github/workflows/mcp-audit.yml';
  const text = read(file);
  const { permissions, jobs } = readWorkflow(path.join(ROOT, file));
  const steps = jobs['audit']?.steps ?? [];

  it('is what GitHub’s own parser takes, and that refuses what is wrong', () => {
    expect(problemsOf('workflow', text)).toEqual([]);
    expect(problemsOf('workflow', text.replace('runs-on', 'run-on'))).not.toEqual([]);
    expect(problemsOf('workflow', text.replace('!cancelled()', 'uncancelled()'))).not.toEqual([]);
  });

  it('may read the repository and write alerts, and nothing else', () => {
    expect(permissions).toEqual({});
    expect(jobs['audit']?.permissions).toEqual({ contents: 'read', 'security-events': 'write' });
    expect(parse(text)).not.toHaveProperty('on.pull_request_target');
  });

  it('pins every action, those of others by commit', () => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, each = '']) => each);
    expect(uses).toHaveLength(4);
    for (const each of uses) {
      expect(each).toMatch(/^(your-organisation\/bulkhead@v\d+\.\d+\.\d+|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
  });

  it('uploads whatever the audit said, and splices nothing into a shell', () => {
    for (const step of steps) expect(step.run ?? '').not.toContain('${{');
    const after = steps.slice(steps.findIndex(({ id }) => id === 'audit') + 1);
    for (const step of after) expect(step.if).toMatch(/^\$\{\{ (!cancelled\(\) && |always\(\) \}\}$)/);
  });

  it('asks the action for inputs and outputs that it has', () => {
    const { inputs = {}, outputs = {} } = readAction(ROOT);
    const audit = steps.find(({ id }) => id === 'audit');
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(audit?.with ?? {})));
    const asked = [...text.matchAll(/steps\.audit\.outputs\.([\w-]+)/g)].map(([, name = '']) => name);
    expect(Object.keys(outputs)).toEqual(expect.arrayContaining(asked));
  });
});

describe('the GitLab job', () => {
  it('keeps its reports also when it fails', () => {
    const { 'mcp-audit': job } = parse(read('samples/ci/.gitlab-ci.yml')) as Record<string, { readonly artifacts: unknown }>;
    expect(job?.artifacts).toMatchObject({
      when: 'always',
      paths: ['reports/'],
      reports: { junit: 'reports/junit.xml', codequality: 'reports/code-quality.json' },
    });
  });
});

/**
 * Jenkins is not asked: that the steps exist, take these arguments and do with a result what is written there, is not
 * tested. The `sh` steps are run by the lab.
 */
describe('the Jenkinsfile', () => {
  const text = read('samples/ci/Jenkinsfile');
  const { shells, words } = readJenkinsfile(text);

  it('is whole: texts and brackets end', () => {
    expect(() => readJenkinsfile(text.slice(0, text.lastIndexOf('}')))).toThrow('does not end');
    expect(() => readJenkinsfile(text.replace("'docker compose down'", "'docker compose down"))).toThrow('Not understood');
    expect(() => readJenkinsfile(text.replace('stages {', 'stages ('))).toThrow('closes nothing');
  });

  it('publishes reports whatever became of the stages, and stops the servers', () => {
    for (const step of ['junit', 'recordIssues', 'archiveArtifacts']) expect(words).toContain(`pipeline/post/always ${step}`);
    expect(words).toContain('pipeline/post/always enabledForFailure');
    expect(shells.at(-1)).toEqual({ path: ['pipeline', 'post', 'cleanup'], script: 'docker compose down', returnStatus: false });
  });

  it('calls what could not be decided unstable, goes no further then, and fails for all else', () => {
    expect(shells.filter(({ returnStatus }) => returnStatus)).toHaveLength(1);
    expect(text).toMatch(/if \(code == 3\) \{\s+unstable\([^)]*\)\s+\} else if \(code != 0\) \{\s+error\(/);
    expect(words).toContain('pipeline/options skipStagesAfterUnstable');
  });

  it('has texts as a shell gets them', () => {
    expect(shells.map(({ path: blocks }) => blocks.at(-2))).toEqual([
      'stage Build Bulkhead',
      'stage Start the servers',
      'steps',
      'post',
    ]);
    const audit = shells.find(({ returnStatus }) => returnStatus)?.script;
    expect(audit).toMatch(/audit \\\n +--config bulkhead\.yaml \\\n/);
  });
});
