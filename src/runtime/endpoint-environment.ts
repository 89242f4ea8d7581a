/** What docker-modem 5.0 reads from the process while it is constructed (`lib/modem.js`, `defaultOpts`). */
const VARIABLES = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_PATH_PREFIX', 'DOCKER_CLIENT_TIMEOUT'];

/**
 * Constructs an API client with those variables hidden. The modem opens the files of DOCKER_CERT_PATH and parses
 * DOCKER_HOST even when it is given everything, and throws when they are not to its liking, though another
 * engine was asked for. `make` must be synchronous.
 */
export function withoutEngineVariables<T>(make: () => T): T {
  const kept = VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of VARIABLES) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}
