import { creationLabel, isInherited, type Recognizer } from './container.ts';

/** Bulkhead's own labels, set on everything that it creates. */
export const ROLE_LABEL = 'dev.bulkhead.role';
export const SESSION_LABEL = 'dev.bulkhead.session';
/** On any container: its permission profile, as JSON or as the name of a built-in one. */
export const PROFILE_LABEL = 'dev.bulkhead.profile';

const TRANSPORT_LABEL = 'dev.bulkhead.transport';

const PARTS: ReadonlySet<string> = new Set(['probe', 'control', 'canary', 'relay', 'gateway', 'secrets', 'volume']);

export const recognizeBulkhead: Recognizer = (container) => {
  const role = Object.hasOwn(container.labels, ROLE_LABEL) ? container.labels[ROLE_LABEL] : undefined;
  if (role === undefined) return undefined;
  // A probe image may carry the role that its containers are given again; a session is new with every run,
  // so an image cannot have brought it.
  const ours = !isInherited(container, ROLE_LABEL) || creationLabel(container, SESSION_LABEL) !== undefined;
  if (!ours) return undefined;
  if (PARTS.has(role)) return { kind: 'part', what: `Bulkhead's own ${role}` };
  if (role !== 'server') return undefined;
  const transport = creationLabel(container, TRANSPORT_LABEL);
  return { kind: 'server', platform: 'bulkhead', why: `label ${ROLE_LABEL}=server`, transport };
};

/** A container that someone gave a profile is meant to be audited. */
export const recognizeProfileLabel: Recognizer = (container) =>
  creationLabel(container, PROFILE_LABEL) === undefined
    ? undefined
    : { kind: 'server', platform: 'none', why: `label ${PROFILE_LABEL}` };
