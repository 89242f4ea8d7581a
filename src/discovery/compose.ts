import path from 'node:path';
import type { ContainerSummary } from '../model/container.ts';
import type { Target } from '../model/target.ts';
import { creationLabel } from './container.ts';

/** Labels of Docker Compose (docker/compose `pkg/api/labels.go`), which podman-compose sets too. */
const FILES = 'com.docker.compose.project.config_files';
const DIRECTORY = 'com.docker.compose.project.working_dir';
const SERVICE = 'com.docker.compose.service';

/** Limits of the bundle. */
const MAX_FILES = 16;
const MAX_PATH = 4096;
const MAX_SERVICE = 1024;

/**
 * Which service of which compose files a container says that it was made from. Anybody who starts containers can say so:
 * it is where to look for the service's line, and nothing is concluded from it. Pure.
 */
export function composeOf(container: ContainerSummary): Target['compose'] {
  const service = creationLabel(container, SERVICE);
  const listed = creationLabel(container, FILES);
  if (service === undefined || listed === undefined || service === '' || service.length > MAX_SERVICE) return undefined;
  const directory = creationLabel(container, DIRECTORY) ?? '';
  const files = listed
    .slice(0, MAX_FILES * MAX_PATH)
    .split(',', MAX_FILES)
    // podman-compose writes them as they were given.
    .map((file) => (path.isAbsolute(file) ? file : path.join(directory, file)))
    .filter((file) => path.isAbsolute(file) && file.length <= MAX_PATH);
  return files.length === 0 ? undefined : { files, service };
}
