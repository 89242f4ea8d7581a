import type { AttemptSpec } from '../model/attempt.ts';
import type { ObservationKind } from '../model/observation.ts';
import { mirrorObstacle } from '../probes/inspect.ts';
import { planAttempts } from '../probes/plan.ts';
import { proxyVariables, withoutCredentials } from '../runtime/containers.ts';
import { contextFor } from './plan-context.ts';
import type { GatherRequest, Subject } from './request.ts';

export interface PlannedTarget {
  readonly target: string;
  readonly attempts: readonly AttemptSpec[];
  /** What is looked at without an attempt, and what is known only at run time. */
  readonly remarks: readonly string[];
}

type DryRunRequest = Pick<
  GatherRequest,
  'subjects' | 'internet' | 'management' | 'private' | 'neighbors' | 'call' | 'kinds' | 'useInternet'
>;

/** Every attempt that an audit would make, as far as it is known without starting anything. */
export function planDryRun(request: DryRunRequest): readonly PlannedTarget[] {
  return request.subjects.map((subject) => {
    const context = contextFor(request, { id: 'SESSION' }, subject, new Map(), {
      bridge: { failure: 'dry run' },
      host: { failure: 'dry run' },
    });
    const plan = planAttempts(context, request.kinds, request.useInternet);
    const attempts = Object.values(plan).flat().map(redacted);
    return { target: subject.target.name, attempts, remarks: remarksOf(request.kinds, subject) };
  });
}

function redacted(spec: AttemptSpec): AttemptSpec {
  return spec.proxy === undefined ? spec : { ...spec, proxy: withoutCredentials(spec.proxy) };
}

function remarksOf(kinds: ReadonlySet<ObservationKind>, { container, target }: Subject): readonly string[] {
  const obstacle = mirrorObstacle(container.configuration);
  return [
    ...(target.state === 'running' ? [] : [`nothing is attempted: the container is ${target.state}`]),
    ...(kinds.has('process') || kinds.has('filesystem')
      ? [
          obstacle === undefined
            ? 'an identity twin reads process 1 and tries access to its files; it writes nothing'
            : `no identity twin: ${obstacle}`,
        ]
      : []),
    ...(kinds.has('host')
      ? [
          'canaries are planted on the host at start: each address of the host is dialled at their ports, and at the ports where it listens',
        ]
      : []),
    ...(kinds.has('egress') && proxyVariables(container.environment).length > 0
      ? ['the control resolves declared names at start: the proxy is then asked for the address of each, in several spellings']
      : []),
    ...(kinds.has('management')
      ? ['management APIs whose ports listen on the host are asked, by the host too: one GET each that changes nothing']
      : []),
    ...(kinds.has('endpoint')
      ? ['its own endpoint is asked for a session from the host: plainly, with a foreign Origin, with a foreign Host']
      : []),
    ...(kinds.has('peers') ? ['a canary is planted beside every target at start and dialled by all others'] : []),
  ];
}
