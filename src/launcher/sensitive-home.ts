interface HomeGroup {
  /** Completes "it is, holds or lies in …". */
  readonly what: string;
  readonly paths: readonly string[];
}

const MAC = 'Library/Application Support';
const ROAMING = 'AppData/Roaming';
const LOCAL = 'AppData/Local';

/** Where each desktop keeps the settings of a program. */
function settings(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => ['.config', MAC, ROAMING, LOCAL].map((base) => `${base}/${name}`));
}

/** Names that mean credentials wherever they are: a home in an odd place, a backup of one. */
export const CREDENTIALS: readonly string[] = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker/config.json',
  '.config/gcloud',
  '.config/gh',
  '.netrc',
  '_netrc',
  '.git-credentials',
  '.password-store',
  '.vault-token',
  '.pgpass',
  '.local/share/keyrings',
  'Library/Keychains',
];

/** Credentials in a home, and in a project often only settings: refused as a mount, not for lying in one. */
export const PERHAPS_CREDENTIALS: readonly string[] = [
  '.npmrc',
  '.pypirc',
  '.yarnrc.yml',
  '.my.cnf',
  '.s3cfg',
  '.boto',
  '.terraformrc',
];

/** What a client reads in a project. Whoever writes it decides what is started on this machine. */
export const PROJECT_FILES: readonly string[] = [
  '.mcp.json',
  '.cursor',
  '.vscode',
  '.zed',
  '.gemini',
  '.codex',
  '.roo',
  '.crush.json',
  '.claude',
  '.git',
];

/**
 * What is sensitive in a home, relative to it. A path that is one of these, lies in one or contains one is
 * refused. Client configuration: that of MCP clients on Linux, macOS and Windows, by their documentation.
 */
export const HOME_GROUPS: readonly HomeGroup[] = [
  {
    what: 'credentials',
    paths: [
      ...CREDENTIALS,
      ...PERHAPS_CREDENTIALS,
      '.docker',
      '.config/git/credentials',
      '.config/hub',
      '.config/glab-cli',
      '.config/containers',
      '.config/doctl',
      '.config/rclone',
      '.config/op',
      '.config/sops',
      '.cargo/credentials',
      '.cargo/credentials.toml',
      '.gem/credentials',
      '.gradle/gradle.properties',
      '.m2/settings.xml',
      '.oci',
      '.pki',
      '.terraform.d',
      '.local/share/kwalletd',
      `${ROAMING}/gcloud`,
      `${ROAMING}/GitHub CLI`,
      `${ROAMING}/gnupg`,
      `${ROAMING}/Microsoft`,
      `${LOCAL}/Microsoft`,
    ],
  },
  {
    what: 'the configuration of an MCP client',
    paths: [
      ...settings([
        'Claude',
        'claude',
        'Code',
        'Code - Insiders',
        'Cursor',
        'zed',
        'Zed',
        'goose',
        'Block',
        'opencode',
        'crush',
        'toolhive',
      ]),
      '.claude.json',
      '.claude',
      '.cursor',
      '.vscode',
      '.vscode-server',
      '.copilot',
      '.codeium',
      '.gemini',
      '.codex',
      '.continue',
      '.lmstudio',
      '.cache/lm-studio',
      '.kiro',
      '.junie',
      '.mcp',
      '.mcp.json',
      '.local/share/toolhive',
    ],
  },
  {
    what: 'the profile of a browser or mail program',
    paths: [
      ...settings([
        'google-chrome',
        'Google',
        'chromium',
        'BraveSoftware',
        'microsoft-edge',
        'Microsoft Edge',
        'vivaldi',
        'opera',
        'Mozilla',
        'Firefox',
      ]),
      '.mozilla',
      '.thunderbird',
      '.var/app',
      'snap',
      'Library/Safari',
      'Library/Cookies',
      'Library/Mail',
      'Library/Messages',
    ],
  },
  {
    what: 'the history of a shell',
    paths: [
      '.bash_history',
      '.zsh_history',
      '.zhistory',
      '.python_history',
      '.node_repl_history',
      '.psql_history',
      '.mysql_history',
      '.local/share/fish',
      '.local/share/powershell',
    ],
  },
  {
    what: 'what this machine runs by itself',
    paths: [
      '.bashrc',
      '.bash_profile',
      '.profile',
      '.zshrc',
      '.zshenv',
      '.zprofile',
      '.config/fish',
      '.config/autostart',
      '.config/systemd',
      '.local/bin',
      'Library/LaunchAgents',
    ],
  },
  {
    what: 'the data or the socket of a container engine',
    paths: ['.local/share/docker', '.local/share/containers', '.colima', '.lima', '.orbstack', '.rd'],
  },
];
