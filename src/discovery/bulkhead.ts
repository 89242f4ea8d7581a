import { LABEL } from '../model/labels.ts';
import { creationLabel, isInherited, type Recognizer } from './container.ts';

const PARTS: ReadonlySet<string> = new Set(['probe', 'control', 'canary', 'relay', 'gateway', 'secrets', 'volume']);

export const recognizeBulkhead: Recognizer = (container) => {
  const role = Object.hasOwn(container.labels, LABEL.role) ? container.labels[LABEL.role] : undefined;
  if (role === undefined) return undefined;
  // A probe image may carry the role that its containers are given again; a session is new with every run,
  // so an image cannot have brought it.
  const ours = !isInherited(container, LABEL.role) || creationLabel(container, LABEL.session) !== undefined;
  if (!ours) return undefined;
  if (PARTS.has(role)) return { kind: 'part', what: `Bulkhead's own ${role}` };
  if (role !== 'server') return undefined;
  const transport = creationLabel(container, LABEL.transport);
  return { kind: 'server', platform: 'bulkhead', why: `label ${LABEL.role}=server`, transport };
};

/** A container that someone gave a profile is meant to be audited. */
export const recognizeProfileLabel: Recognizer = (container) =>
  creationLabel(container, LABEL.profile) === undefined
    ? undefined
    : { kind: 'server', platform: 'none', why: `label ${LABEL.profile}` };
