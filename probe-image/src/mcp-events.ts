/**
 * Events of a `text/event-stream` as they come, by the rules of the HTML standard as far as MCP uses them. Each
 * character is looked at once, however small the pieces are; how much may come is for the caller to limit.
 */
export function eventReader(take: (name: string, data: string) => void): (chunk: string) => void {
  let partial = '';
  let name = '';
  let data: string[] = [];
  let afterReturn = false;
  const line = (text: string): void => {
    if (text === '') {
      if (data.length > 0) take(name, data.join('\n'));
      name = '';
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
  };
  return (chunk) => {
    if (chunk === '') return;
    // A line ends with CR, LF or both, and the two may come apart.
    const text = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    afterReturn = chunk.endsWith('\r');
    const [first = '', ...rest] = text.split(/\r\n|\n|\r/);
    const lines = [partial + first, ...rest];
    partial = lines.pop() ?? '';
    for (const complete of lines) line(complete);
  };
}
