export interface Mount {
  readonly target: string;
  readonly root: string;
  readonly source: string;
  readonly fsType: string;
  readonly options: readonly string[];
  readonly superOptions: readonly string[];
}

/** /proc/PID/mountinfo, see proc_pid_mountinfo(5): optional fields end with a lone hyphen. */
export function parseMountInfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    // The first one: the source may be a hyphen too.
    const hyphen = line.indexOf(' - ');
    if (hyphen < 0) return [];
    const [, , , root, target, options] = line.slice(0, hyphen).split(' ');
    const [fsType, source, superOptions] = line.slice(hyphen + 3).split(' ');
    if (root === undefined || target === undefined || options === undefined || fsType === undefined) return [];
    return [
      {
        target: unescape(target),
        root: unescape(root),
        source: unescape(source ?? ''),
        fsType: unescape(fsType),
        options: options.split(','),
        superOptions: superOptions?.split(',') ?? [],
      },
    ];
  });
}

/** Either the mount or the whole file system refuses to be written. */
export function isReadOnly({ options, superOptions }: Mount): boolean {
  return options.includes('ro') || superOptions.includes('ro');
}

/** Space, tab, line feed, backslash and # are written as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
