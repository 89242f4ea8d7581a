#!/bin/sh
# Says how a scan ended, where somebody reads it. systemd starts it (bulkhead-tell@.service), with MONITOR_EXIT_STATUS and
# MONITOR_SERVICE_RESULT of the unit named by the first argument; nothing is said of a clean scan.
#
#   BULKHEAD_TELL     a command that takes the message on standard input; in earnest for instance
#                     mail -s "bulkhead on $(uname -n)" security@example.com
set -u
unit=${1:?the unit of which to tell}
changes="${STATE_DIRECTORY:-/var/lib/bulkhead}/changes.md"
case "${MONITOR_SERVICE_RESULT:-unknown} ${MONITOR_EXIT_STATUS:-unknown}" in
  'success 0') exit 0 ;;
  'success 1') what='found a violation' ;;
  'success 3') what='could not decide everything, which is no pass' ;;
  *) what="ended without a whole result: ${MONITOR_SERVICE_RESULT:-unknown}, ${MONITOR_EXIT_STATUS:-unknown}" ;;
esac
{
  printf '%s on %s %s. Its log: journalctl --unit %s\n' "$unit" "$(uname -n)" "$what" "$unit"
  case $what in
    ended*) ;;
    *) if [ -s "$changes" ]; then printf '\n' && cat -- "$changes"; fi ;;
  esac
} | sh -c "${BULKHEAD_TELL:-logger --tag bulkhead --priority daemon.err}"
