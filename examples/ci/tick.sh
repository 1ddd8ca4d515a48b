#!/usr/bin/env bash
# One tick of the loop outside GitHub, in the root of the project: runs
# ct-action, reloads the service where the champion has moved, and says what a
# person should know. Silent where nothing fired. Arguments go to ct-action.
#
# Needs MLFLOW_TRACKING_URI and SERVICE_URL. Ends with ct-action's exit status:
# 0 done, 1 failed or refused, 2 invalid inputs, 3 flagged, 130 and 143
# interrupted; and with 1 where the new champion could not be deployed.
set -euo pipefail

: "${SERVICE_URL:?URL of the service that loads @champion}"

log=$(mktemp)
outputs=$(mktemp)
trap 'rm -f "$log" "$outputs"' EXIT

status=0
GITHUB_OUTPUT=$outputs ct-action run "$@" >"$log" 2>&1 || status=$?

# output NAME: one of ct-action's outputs. They are lines NAME=VALUE, or blocks
# NAME<<DELIMITER; the two read here hold no line break.
output() {
  awk -v name="$1" '
    end != "" { if ($0 == end) end = ""; else if (key == name) value = $0; next }
    /^[^=]*<</ { key = end = $0; sub(/<<.*/, "", key); sub(/^[^<]*<</, "", end); next }
    index($0, name "=") == 1 { value = substr($0, length(name) + 2) }
    END { print value }' "$outputs"
}
outcome=$(output outcome)
promoted=$(output promoted)

case $status in
  0) [ "$outcome" = skipped ] || cat "$log" ;;
  2) echo 'the inputs are invalid; nothing was done:' && cat "$log" ;;
  3) echo 'flagged: the champion stays. Look at the checks, then promote the version by hand, or leave it:' && cat "$log" ;;
  130 | 143) echo 'interrupted; the next tick finishes or undoes what was begun:' && cat "$log" ;;
  *) echo "failed with exit status $status:" && cat "$log" ;;
esac

# Whatever the exit status: a failure after @champion had moved leaves a new
# champion to serve.
if [ "$promoted" = true ] || [ "$outcome" = rolled-back ]; then
  curl -fsS --retry 3 -X POST "$SERVICE_URL/reload" || exit 1
  ct-action verify --verify-url "$SERVICE_URL/model-info" || exit 1
fi
exit "$status"
