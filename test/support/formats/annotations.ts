/**
 * What in a step's output is no annotation as GitHub's runner reads them, or one too many of a kind.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotationProblems(text: string): readonly string[] {
  const lines = text.trimEnd().split('\n');
  return [
    ...lines.filter((line) => !/^::(error|warning|notice) (file=[^:,]+,(line=[1-9]\d*,)?)?title=[^:,]+::./.test(line)),
    ...lines.filter((line) => /%(?!25|0A|0D|3A|2C)/.test(line)),
    ...['error', 'warning', 'notice'].filter((kind) => lines.filter((line) => line.startsWith(`::${kind} `)).length > 10),
  ];
}
