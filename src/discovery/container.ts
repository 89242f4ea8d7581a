import type { ContainerSummary } from '../model/container.ts';
import type { Target } from '../model/target.ts';

/** What one source of knowledge makes of a container. */
export type Sighting =
  | {
      readonly kind: 'server';
      readonly platform: Target['platform'];
      /** Why, for people: `label toolhive=true`. */
      readonly why: string;
      readonly transport?: string | undefined;
      /** The name by which its platform knows it, where the container's name says nothing. */
      readonly alias?: string | undefined;
    }
  /** A proxy, a probe, a helper: never a target. `what` completes "it is …". */
  | { readonly kind: 'part'; readonly what: string };

/** One place where knowledge about containers comes from. Pure. */
export type Recognizer = (container: ContainerSummary) => Sighting | undefined;

/** A label, set by whoever created the container or inherited from its image. */
export function label(container: ContainerSummary, key: string): string | undefined {
  return Object.hasOwn(container.labels, key) ? container.labels[key] : undefined;
}

/**
 * A label that was set when the container was created. Labels of an image are its author's words: believed
 * here, an image could call itself a sidecar and hide, or borrow the profile of another server.
 */
export function creationLabel(container: ContainerSummary, key: string): string | undefined {
  return isInherited(container, key) ? undefined : label(container, key);
}

export function isInherited(container: ContainerSummary, key: string): boolean {
  return Object.hasOwn(container.imageLabels, key) && container.imageLabels[key] === label(container, key);
}

/** ToolHive compares the values of its boolean labels without regard to case (pkg/labels/labels.go); so does this. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && value.length === 4 && value.toLowerCase() === 'true';
}

/** It has, or is about to have again, namespaces that can be looked into. */
export function isAlive(container: ContainerSummary): boolean {
  return container.state === 'running' || container.state === 'paused' || container.state === 'restarting';
}
