import { markup, textOf, verbatim, type Markup } from './markup.ts';
import { SCRIPT, SCRIPT_HASH } from './script.ts';
import { STYLE, STYLE_HASH } from './style.ts';

export interface Section {
  /** Of the page, not of a report: it becomes an anchor. */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

/** Style or script of one kind of page alone, beside those of all. */
interface Addition {
  readonly source: string;
  /** `sha256-…` of the source. */
  readonly hash: string;
}

export interface Page {
  readonly title: string;
  /** Beside the name of the program at the top. */
  readonly kind: string;
  readonly header: Markup;
  readonly sections: readonly Section[];
  readonly footer: Markup;
  readonly style?: Addition;
  readonly script?: Addition;
}

/** Nothing is fetched, and nothing runs but what was hashed. */
function policyOf({ style, script }: Page): string {
  const hashes = (own: string, more: Addition | undefined) =>
    [own, more?.hash].flatMap((hash) => (hash ? `'${hash}'` : [])).join(' ');
  return `default-src 'none'; style-src ${hashes(STYLE_HASH, style)}; script-src ${hashes(SCRIPT_HASH, script)}; base-uri 'none'; form-action 'none'`;
}

/** One file that opens anywhere; ends with a line break. */
export function renderPage(page: Page): string {
  const { title, kind, header, sections, footer, style, script } = page;
  return `${textOf(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(page)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${verbatim(STYLE)}</style>${
    style === undefined
      ? undefined
      : markup`
<style>${verbatim(style.source)}</style>`
  }
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header class="top"><div class="bar">
<p class="brand">${LOGO}<span>Bulkhead</span> <span class="kind">${kind}</span></p>
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</div></header>
<main id="main" tabindex="-1">
${header}
${sections.map(renderSection)}</main>
<footer>${footer}</footer>
<script>${verbatim(SCRIPT)}</script>${
    script === undefined
      ? undefined
      : markup`
<script>${verbatim(script.source)}</script>`
  }
</body>
</html>`)}\n`;
}

function renderSection({ id, title, body }: Section): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

const LOGO = markup`<svg class="logo" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><rect x="2" y="3" width="20" height="18" rx="3"/> <path d="M9 3v18M15 3v18"/></svg>`;
