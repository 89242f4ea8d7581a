import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sensitivity, type SensitivityRules } from '../../../src/launcher/sensitive-paths.ts';

const LINUX: SensitivityRules = { homes: ['/home/person'], platform: 'linux' };
const MAC: SensitivityRules = { homes: ['/Users/person'], platform: 'darwin' };
const WINDOWS: SensitivityRules = { homes: ['C:\\Users\\person'], platform: 'win32' };

describe('sensitive on Linux', () => {
  it.each([
    '/',
    '/etc',
    '/etc/shadow',
    '/proc',
    '/proc/1/root',
    '/sys',
    '/dev',
    '/dev/null',
    '/boot',
    '/root',
    '/root/project',
    '/run',
    '/var/run',
    '/var/run/docker.sock',
    '/run/user/1000/podman/podman.sock',
    '/srv/docker.sock',
    '/srv/crio.sock',
    '/var',
    '/var/lib',
    '/var/lib/docker',
    '/var/lib/docker/volumes/x/_data',
    '/var/lib/containers',
    '/var/lib/kubelet/pods',
    '/usr',
    '/tmp',
    '/mnt',
    '/home',
    '/home/person',
    '/home/other',
    '/var/home/other',
    '/home/person/.ssh',
    '/home/person/.ssh/id_ed25519',
    '/home/person/.gnupg',
    '/home/other/.aws/credentials',
    '/home/person/.azure',
    '/home/person/.kube/config',
    '/home/person/.docker',
    '/home/person/.config',
    '/home/person/.config/gcloud',
    '/home/person/.config/gh/hosts.yml',
    '/home/person/.netrc',
    '/home/person/.npmrc',
    '/home/person/.pypirc',
    '/home/person/.git-credentials',
    '/home/person/.password-store',
    '/home/person/.local',
    '/home/person/.local/share',
    '/home/person/.local/share/keyrings',
    '/home/person/.mozilla/firefox',
    '/home/person/.config/google-chrome/Default',
    '/home/person/.bash_history',
    '/home/person/.bashrc',
    // Configuration of MCP clients.
    '/home/person/.config/Claude/claude_desktop_config.json',
    '/home/person/.claude.json',
    '/home/person/.cursor/mcp.json',
    '/home/person/.config/Code/User/mcp.json',
    '/home/person/.copilot/mcp-config.json',
    '/home/person/.codeium/windsurf',
    '/home/person/.config/zed/settings.json',
    '/home/person/.gemini',
    '/home/person/.codex/config.toml',
    '/home/person/.continue',
    '/home/person/.config/goose',
    '/home/person/.lmstudio/mcp.json',
    '/home/person/.cache/lm-studio',
    '/home/person/.config/opencode',
    '/home/person/.kiro/settings/mcp.json',
    '/home/person/.config/crush',
    '/home/person/.junie',
    '/home/person/.config/VSCodium/User/mcp.json',
    '/home/person/.config/Windsurf',
    '/home/person/.config/toolhive',
    '/home/person/.local/state/toolhive/runconfigs',
    '/home/person/project/.mcp.json',
    // What Bulkhead keeps, and secrets of projects.
    '/home/person/.local/state/bulkhead/history.db',
    '/home/person/.cache/bulkhead',
    '/home/person/.gitconfig',
    '/home/person/project/.env',
    '/srv/app/.env',
    '/home/person/.config/1Password',
    '/home/person/project/.vscode/mcp.json',
    // Copies of a home, and Windows beside WSL.
    '/backup/.ssh',
    '/srv/x/.aws/config',
    '/mnt/c',
    '/mnt/c/Windows/System32',
    '/mnt/c/Users',
    '/mnt/c/Users/person',
    '/mnt/c/Users/person/AppData/Roaming/Claude',
    '/mnt/c/users/person/appdata/roaming/CLAUDE',
    '/mnt/c/Users/person/.Claude.JSON',
  ])('%s', (path) => {
    expect(sensitivity(path, true, LINUX)).toBeDefined();
    expect(sensitivity(path, false, LINUX)).toBeDefined();
  });

  it.each([
    '/srv/data',
    '/opt/app',
    '/home/person/project',
    '/home/person/Documents/notes',
    '/home/person/.sshfs',
    '/home/person/project/.cursorrules',
    '/home/persona/x',
    '/var/lib/dockerish',
    '/var/lib/app',
    '/var/www',
    '/tmp/work',
    '/etcetera',
    '/mnt/disk/data',
    '/mnt/c/data',
    '/run/media/person/stick/data',
    '/d/data',
    '/data/docker.sock.md',
  ])('not %s', (path) => {
    expect(sensitivity(path, true, LINUX)).toBeUndefined();
    expect(sensitivity(path, false, LINUX)).toBeUndefined();
  });

  it.each(['/usr/local/bin', '/usr/lib/systemd', '/bin/x', '/nix/store'])('%s for writing alone', (path) => {
    expect(sensitivity(path, false, LINUX)).toContain('the programs of this machine');
    expect(sensitivity(path, true, LINUX)).toBeUndefined();
  });

  it('not the parts of /etc that are public, for reading', () => {
    expect(sensitivity('/etc/ssl/certs', true, LINUX)).toBeUndefined();
    expect(sensitivity('/etc/ssl/certs', false, LINUX)).toBeDefined();
    expect(sensitivity('/etc/ssl', true, LINUX)).toBeDefined();
  });

  it('not a project of root, to root', () => {
    const root: SensitivityRules = { homes: ['/root'], platform: 'linux' };
    expect(sensitivity('/root/project', true, root)).toBeUndefined();
    expect(sensitivity('/root', true, root)).toBeDefined();
    expect(sensitivity('/root/.ssh', true, root)).toBeDefined();
  });
});

describe('sensitive on macOS, in any case', () => {
  it.each([
    '/System/Volumes/Data',
    '/System/Volumes/Data/Users/person',
    '/system/volumes/data/private/etc/hosts',
    '/private',
    '/private/etc/hosts',
    '/private/var/run/docker.sock',
    '/Users',
    '/Users/person',
    '/users/PERSON/.SSH',
    '/Users/person/Library',
    '/Users/person/Library/Application Support',
    '/Users/person/Library/Application Support/Claude/claude_desktop_config.json',
    '/Users/person/Library/Application Support/Code/User/mcp.json',
    '/Users/person/Library/Keychains',
    '/Users/person/.docker/run',
    '/Users/person/.colima',
  ])('%s', (path) => {
    expect(sensitivity(path, true, MAC)).toBeDefined();
  });

  it.each(['/Users/person/project', '/System/Volumes/Data/Users/person/project', '/private/tmp/x', '/Volumes/stick/data'])(
    'not %s',
    (path) => {
      expect(sensitivity(path, true, MAC)).toBeUndefined();
    },
  );
});

it('homes in odd places are homes, in any case where case says nothing', () => {
  const rules = (platform: NodeJS.Platform, home: string): SensitivityRules => ({ homes: [home], platform });
  expect(sensitivity('/volumes/Big/PERSON/.Bash_History', true, rules('darwin', '/Volumes/Big/Person'))).toBeDefined();
  expect(sensitivity('d:\\HOMES\\person', true, rules('win32', 'D:\\Homes\\Person'))).toBeDefined();
  expect(sensitivity('/srv/homes/person/.bash_history', true, rules('linux', '/srv/homes/person'))).toBeDefined();
  expect(sensitivity('/srv/HOMES/person/.bash_history', true, rules('linux', '/srv/homes/person'))).toBeUndefined();
});

describe('sensitive on Windows, in any case', () => {
  it.each([
    'C:\\',
    'D:/',
    'C:\\Windows\\System32',
    'C:\\Program Files (x86)\\x',
    'C:\\Users',
    'c:/users/person',
    'C:\\Users\\Person\\.ssh',
    'C:\\Users\\other\\AppData',
    'C:\\Users\\person\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
    'C:\\Users\\person\\AppData\\Roaming\\Code\\User',
    'C:\\Users\\person\\AppData\\Roaming\\Block\\goose\\config',
    'C:\\Users\\person\\AppData\\Local\\crush',
    'D:\\backup\\.aws',
  ])('%s', (path) => {
    expect(sensitivity(path, true, WINDOWS)).toBeDefined();
  });

  it.each(['C:\\data', 'C:\\Users\\person\\project', 'D:\\windows-notes'])('not %s', (path) => {
    expect(sensitivity(path, true, WINDOWS)).toBeUndefined();
  });
});

it('whatever contains something sensitive is sensitive', () => {
  const sensitive = fc.constantFrom(
    '/home/person/.config/gcloud',
    '/home/person/.local/share/keyrings',
    '/var/lib/docker',
    '/home/person/.ssh',
  );
  fc.assert(
    fc.property(sensitive, fc.nat(5), (path, depth) => {
      const above = `/${path
        .split('/')
        .slice(1, depth + 1)
        .join('/')}`;
      expect(sensitivity(above, true, LINUX)).toBeDefined();
    }),
  );
});

it('whatever lies in something sensitive is sensitive', () => {
  const below = fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxLength: 4 }).map((parts) => parts.join('/'));
  const roots = fc.constantFrom('/proc', '/sys', '/dev', '/boot', '/home/person/.ssh', '/srv/.gnupg', '/var/lib/containers');
  fc.assert(
    fc.property(roots, below, (root, path) => {
      expect(sensitivity(`${root}/${path}`, true, LINUX)).toBeDefined();
    }),
  );
});
