/** Names of the labels on everything that Bulkhead makes, and of those that it reads. Their one home. */
export const LABEL = {
  /** What it is for: `server`, `relay`, `probe`, … */
  role: 'dev.bulkhead.role',
  /** The run or the compartment that it belongs to. */
  session: 'dev.bulkhead.session',
  /** Who made it: lets a later run tell a dead owner from a living one. */
  owner: 'dev.bulkhead.owner',
  /** The same of a compartment that stays without its command: who launched it, and whether that may still go on. */
  launcher: 'dev.bulkhead.launcher',
  /** Milliseconds since the epoch after which nobody can still need it. */
  expires: 'dev.bulkhead.expires',
  /** Name of the compartment, which is that of the server's container; a helper's own name only begins with it. */
  name: 'dev.bulkhead.name',
  /** `CompartmentShape`. */
  shape: 'dev.bulkhead.shape',
  /** `ServerTransport`. */
  transport: 'dev.bulkhead.transport',
  /** On any container: its permission profile, as JSON or as the name of a built-in one. */
  profile: 'dev.bulkhead.profile',
  /** On the server: what was switched off of the hardening, separated by commas; absent when nothing was. */
  optOuts: 'dev.bulkhead.opt-outs',
  /** On an image made from a package: which one, pinned. */
  package: 'dev.bulkhead.package',
  /** On such an image: the package's install scripts ran. */
  packageScripts: 'dev.bulkhead.package.scripts',
} as const;
