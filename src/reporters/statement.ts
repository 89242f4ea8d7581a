import type { Finding } from '../model/report.ts';

/** What a finding states, where its status does not stand beside it: a title that holds until the contrary is not shown is no pass. */
export function statementOf({ status, title }: Finding): string {
  return status === 'inconclusive' || status === 'error' ? `Not decided: ${title}` : title;
}
