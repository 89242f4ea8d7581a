import { messageOf } from '../errors.ts';
import { LABEL } from '../model/labels.ts';
import type { Profile, Remark } from '../model/profile.ts';
import type { Declaration, Target } from '../model/target.ts';
import { escapeText } from '../model/text.ts';
import { BUILT_IN_PROFILES, isBuiltInName } from '../profiles/built-in.ts';
import { loadProfile, parseProfile } from '../profiles/load.ts';
import { validateProfile, type ValidatedProfile } from '../profiles/validate.ts';
import { creationLabel, isInherited } from './container.ts';
import type { ContainerSummary } from '../model/container.ts';
import type { AssignedProfiles } from './profile-flags.ts';
import { readRunConfig, runConfigLocation } from './toolhive-run-config.ts';

/** Longest label that is parsed, in characters. The largest published profile has about one thousand. */
const MAX_LABEL = 64 * 1024;
/** Limits of the bundle. */
const MAX_REMARKS = 256;
const MAX_LONG_TEXT = 4096;

export interface DeclarationSettings {
  readonly profiles: AssignedProfiles;
  /** `runConfigDirectory` of toolhive.ts. */
  readonly runConfigDirectory: string;
  readonly platform: NodeJS.Platform;
}

/**
 * The profile that a target is measured against: its own `--profile`, the `--profile` for everyone, the
 * configuration's, its label,
 * its platform's. The first place that says something decides: a label or run configuration that is there and
 * invalid leaves the strictest profile and a remark, it does not pass the word on.
 * @throws BulkheadError of `loadProfile` for a flag and the configuration; what a container or its platform says never throws
 */
export async function findDeclaration(
  target: Target,
  container: ContainerSummary,
  settings: DeclarationSettings,
): Promise<Declaration> {
  const flag = settings.profiles.byTarget.get(target.id) ?? settings.profiles.everyone;
  if (flag !== undefined) return fromReference(flag, 'flag');
  const configured = settings.profiles.configured?.get(target.id);
  if (configured !== undefined) return fromReference(configured, 'configuration');
  const label = creationLabel(container, LABEL.profile);
  if (label !== undefined) return fromLabel(label);
  const remarks = isInherited(container, LABEL.profile) ? [LABEL_OF_IMAGE] : [];
  if (target.platform !== 'toolhive') return nothing(`no --profile, no label ${LABEL.profile}`, remarks);
  return fromRunConfig(container, settings, remarks);
}

const LABEL_OF_IMAGE: Remark = {
  code: 'label-of-image',
  path: '',
  message: `The label ${LABEL.profile} came with the image, and an image cannot grant itself anything. Set it on the container.`,
};

async function fromReference(reference: string, source: 'flag' | 'configuration'): Promise<Declaration> {
  const { profile, remarks, location } = await loadProfile(reference);
  return declaration(profile, isBuiltInName(reference) ? 'built-in' : source, location, remarks);
}

function fromLabel(text: string): Declaration {
  const where = `label ${LABEL.profile}`;
  if (isBuiltInName(text)) return declaration(BUILT_IN_PROFILES[text], 'label', where, []);
  return checked('label', where, [], () => {
    if (text.length > MAX_LABEL) throw new Error(`${where} is longer than ${MAX_LABEL} characters`);
    return parseProfile(text, where);
  });
}

async function fromRunConfig(
  container: ContainerSummary,
  { runConfigDirectory, platform }: DeclarationSettings,
  remarks: readonly Remark[],
): Promise<Declaration> {
  const found = await readRunConfig(container, runConfigDirectory, platform);
  if (found.state === 'found') {
    const where = runConfigLocation(found.file);
    return checked('toolhive-run-config', where, remarks, () => validateProfile(found.value, where));
  }
  const reason = remark(`run-config-${found.state}`, `ToolHive's run configuration gives no profile: ${found.reason}.`);
  return nothing(`no --profile, no label ${LABEL.profile}, no usable run configuration of ToolHive`, [...remarks, reason]);
}

function checked(
  source: Declaration['source'],
  where: string,
  remarks: readonly Remark[],
  read: () => ValidatedProfile,
): Declaration {
  try {
    const valid = read();
    return declaration(valid.profile, source, where, [...remarks, ...valid.remarks]);
  } catch (error) {
    const reason = remark('declaration-invalid', `Nothing is taken as allowed: ${messageOf(error)}`);
    return nothing(`the profile in ${where} is not valid`, [...remarks, reason]);
  }
}

/** Nothing declared is nothing allowed. */
function nothing(why: string, remarks: readonly Remark[]): Declaration {
  return declaration(BUILT_IN_PROFILES.none, 'none', `none found (${why}): measured against the built-in profile none`, remarks);
}

function declaration(profile: Profile, source: Declaration['source'], location: string, remarks: readonly Remark[]): Declaration {
  return { profile, source, location: location.slice(0, MAX_LONG_TEXT), remarks: remarks.slice(0, MAX_REMARKS) };
}

/** In one line: a validator's message holds one for each problem. */
function remark(code: string, message: string): Remark {
  const line = escapeText(message.replaceAll(/\s*\n\s*/g, ' '), MAX_LONG_TEXT - 1);
  return { code, path: '', message: line.slice(0, MAX_LONG_TEXT) };
}
