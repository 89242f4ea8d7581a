/** One `sh` step. */
export interface ShellStep {
  /** Names of the blocks around it, from outside: `pipeline`, `stages`, `stage MCP audit`, … */
  readonly path: readonly string[];
  /** Its text, as a shell gets it. */
  readonly script: string;
  /** Whether the pipeline looks at the exit code itself; else any but 0 ends the stage. */
  readonly returnStatus: boolean;
}

export interface Jenkinsfile {
  readonly shells: readonly ShellStep[];
  /** Every word that stands in a block, as `pipeline/post/always junit`. */
  readonly words: readonly string[];
}

interface Token {
  readonly kind: 'string' | 'word' | 'mark';
  readonly text: string;
}

const TOKENS =
  /\s+|\/\/.*|\/\*[^]*?\*\/|'''((?:\\[^]|(?!''')[^\\])*)'''|"""((?:\\[^]|(?!""")[^\\])*)"""|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|([\w.$]+)|([{}()[\],:=!&|+<>?-])/y;
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

/**
 * Reads a declarative pipeline as far as that goes without Jenkins: its texts, its blocks, its `sh` steps.
 * @throws Error where a text or a bracket does not end, or something stands that Groovy may know and this does not
 */
export function readJenkinsfile(source: string): Jenkinsfile {
  const tokens = tokensOf(source);
  const open: { readonly bracket: string; readonly name: string }[] = [];
  const shells: ShellStep[] = [];
  const words: string[] = [];
  const blocks = (): readonly string[] => open.filter(({ bracket }) => bracket === '{').map(({ name }) => name);
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind === 'word') words.push(`${blocks().join('/')} ${text}`);
    if (kind === 'word' && text === 'sh') shells.push({ path: blocks(), ...shellAt(tokens, index + 1) });
    if (kind !== 'mark') continue;
    if (text in CLOSING) open.push({ bracket: text, name: text === '{' ? nameBefore(tokens, index) : '' });
    else if ('})]'.includes(text)) {
      const last = open.pop();
      if (last === undefined || CLOSING[last.bracket] !== text)
        throw new Error(`${text} closes nothing, in ${blocks().join('/')}`);
    }
  }
  if (open.length > 0) throw new Error(`${blocks().join('/')} does not end`);
  return { shells, words };
}

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < source.length) {
    const from = TOKENS.lastIndex;
    const match = TOKENS.exec(source);
    if (match === null) throw new Error(`Not understood: ${source.slice(from, from + 40)}`);
    const [, long, longQuoted, short, quoted, word, mark] = match;
    const text = long ?? longQuoted ?? short ?? quoted;
    if (text !== undefined) tokens.push({ kind: 'string', text: unescaped(text) });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\([^])/g, (_, character: string) => ({ n: '\n', t: '\t' })[character] ?? character);
}

/** `stage('x') {` is called `stage x`, `post {` is called `post`. */
function nameBefore(tokens: readonly Token[], index: number): string {
  const [name, bracket, text, end] = tokens.slice(Math.max(index - 4, 0), index);
  if (name?.kind === 'word' && bracket?.text === '(' && text?.kind === 'string' && end?.text === ')')
    return `${name.text} ${text.text}`;
  return tokens[index - 1]?.text ?? '';
}

function shellAt(tokens: readonly Token[], index: number): Pick<ShellStep, 'script' | 'returnStatus'> {
  const first = tokens[index];
  if (first?.kind === 'string') return { script: first.text, returnStatus: false };
  const end = tokens.findIndex(({ text }, at) => at > index && text === ')');
  const given = tokens.slice(index, end);
  const valueOf = (name: string): string | undefined => given[given.findIndex(({ text }) => text === name) + 2]?.text;
  const script = valueOf('script');
  if (first?.text !== '(' || script === undefined) throw new Error('A sh step has no script.');
  return { script, returnStatus: valueOf('returnStatus') === 'true' };
}
