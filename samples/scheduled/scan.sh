#!/bin/sh
# One scan: audits, keeps the run in a history, and says what changed since the run before.
#
#   BULKHEAD_CONFIG   what is audited, what fails, how long runs are kept (/etc/bulkhead/bulkhead.yaml)
#   STATE_DIRECTORY   where history and reports are (/var/lib/bulkhead); systemd sets it
#
# Ends with the code of the audit: 0 clean, 1 violation, 3 undecided. Whatever else it ends with, nothing was judged or
# not all of it was kept or told: 2 wrong configuration, 4 engine or machine, 75 another scan is under way, 130 stopped.
set -u
umask 077
export BULKHEAD_CONFIG="${BULKHEAD_CONFIG:-/etc/bulkhead/bulkhead.yaml}"
cd -- "${STATE_DIRECTORY:-/var/lib/bulkhead}" || exit 4
export BULKHEAD_HISTORY="$PWD/history.db"

# Whoever starts it: timer, cron, a person. The lock is held until the audit itself has ended.
exec 9>scan.lock
if ! flock -n 9; then
  echo 'bulkhead-scan: another scan is under way, this one did not take place' >&2
  exit 75
fi

# What is there afterwards is of this scan, or not there. Earlier ones: bulkhead history.
rm -f report.html report.json bundle.json changes.md changes.json

bulkhead audit --record --save bundle.json --format console --format html=report.html --format json=report.json &
audit=$!
# A shell hands no signal on, and as the first process of a container it would not even end by one.
trap 'kill -TERM "$audit"; wait "$audit"; exit $?' INT TERM
wait "$audit"
result=$?
trap - INT TERM
case $result in
  0 | 1 | 3) [ -s report.json ] || exit 4 ;; # a program that crashes may end with 1 as well
  *) exit "$result" ;;
esac

runs=$(bulkhead history --json --limit 2) || exit 4
# The first run has none before it.
if [ "$(printf '%s\n' "$runs" | grep -c '"session"')" -eq 2 ]; then
  bulkhead diff run:previous run:latest --fail-on never \
    --format console --format markdown=changes.md --format json=changes.json || exit 4
fi
exit "$result"
