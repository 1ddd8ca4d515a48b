#!/usr/bin/env bash
# Plays the whole loop on a real MLflow server: a quiet tick, a promotion, a
# flag, a rollback, and the refusal of what was rolled back. Every step runs
# the built binary as a user would, and the script fails where the exit status,
# the outcome or the registry is not what the story says.
#
#   make demo            everything is stopped at the end
#   make demo KEEP=1     the server stays up
#   make demo-clean      stops it and removes what the demo left
#
# All of it happens in .demo, on a copy of examples/churn.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
DEMO=$ROOT/.demo
WORK=$DEMO/project
MODEL=churn-classifier
SERVER=

main() {
  if [ "${1:-}" = clean ]; then
    clean
    return
  fi
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  prepare
  start_server

  adopt_champion
  quiet_tick
  drift_alert
  second_challenger
  press_rollback
  judge_quarantined

  epilogue
}

# --- the story ---------------------------------------------------------------

adopt_champion() {
  step 'A team already serves a model, trained before the fibre roll-out.' \
    'Its champion alias was set by hand; ct-action takes it as it is.'
  show python src/train.py --data data/window-old.csv --model-name "$MODEL"
  show python -c "import mlflow; mlflow.MlflowClient().set_registered_model_alias('$MODEL', 'champion', '1')"
  expect_aliases 'champion=1'
}

quiet_tick() {
  step 'The daily tick on a quiet day: 12 % of the features drifted.' \
    'Every trigger is evaluated, none fires, nothing is trained.'
  tick 0 skipped ct-action run
  expect_output retrain false
  expect_output promoted false
  expect_aliases 'champion=1'
}

drift_alert() {
  step 'Customers with fibre arrive: the monitor reports 42 % of the features drifted.' \
    'ct-action trains on the fresh window, scores both versions on the frozen' \
    'holdout, and promotes the challenger because it is better there.'
  show cp monitoring/drift_alert.json monitoring/drift_summary.json
  tick 0 promoted ct-action run
  expect_output promoted true
  expect_aliases 'champion=2 previous=1'
  cp ".ct/$MODEL/decision.json" "$DEMO/promotion.json"
}

second_challenger() {
  step 'Somebody forces another run. The same data gives the same model: not better' \
    'by the margin, and the last promotion is minutes old. Flagged: exit status 3,' \
    'every failed check named, the champion stays.'
  tick 3 flagged ct-action run --force
  expect_output promoted false
  expect_failed_check auc
  expect_failed_check cooldown
  expect_aliases 'challenger=3 champion=2 previous=1'
}

press_rollback() {
  step 'Support reports odd scores. Rollback: the previous champion serves again, and' \
    'the bad version is quarantined.'
  tick 0 rolled-back ct-action rollback --reason 'odd scores for business customers'
  expect_output quarantined-version 2
  expect_aliases 'challenger=3 champion=1 previous=1'
}

judge_quarantined() {
  step 'A nightly job proposes version 2 once more. Its metrics are still the better' \
    'ones; its quarantine refuses it.'
  tick 3 flagged ct-action gate --challenger-version 2
  expect_output promoted false
  expect_failed_check quarantine
  expect_aliases 'challenger=2 champion=1 previous=1'
}

epilogue() {
  heading 'That is the loop. To look at:'
  printf '  %-22s %s\n' \
    'job summaries' .demo/summary.md \
    'the promotion' .demo/promotion.json \
    'the last decision' ".demo/project/.ct/$MODEL/decision.json" \
    'server log' .demo/server.log
  if [ -n "${KEEP:-}" ]; then
    printf '  %-22s %s\n' 'MLflow UI' "$MLFLOW_TRACKING_URI/#/models/$MODEL" 'stop the server with' 'make demo-clean'
  else
    printf '  %-22s %s\n' 'MLflow UI' 'make demo KEEP=1 leaves it running'
  fi
  printf '%sdemo passed in %d s%s\n' "$BOLD" "$SECONDS" "$PLAIN"
}

# --- telling it --------------------------------------------------------------

STEP=0
BOLD='' DIM='' PLAIN=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\033[1m' DIM=$'\033[2m' PLAIN=$'\033[0m'
fi

heading() { printf '\n%s%s%s\n' "$BOLD" "$1" "$PLAIN"; }

# step LINE...: announces the next step.
step() {
  STEP=$((STEP + 1))
  heading "$STEP. $1"
  shift
  local line
  for line in "$@"; do printf '   %s\n' "$line"; done
  printf '\n'
}

# show COMMAND...: prints the command as one could type it, then runs it.
show() {
  local words='' word
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=-]*) words="$words \"$word\"" ;;
      *) words="$words $word" ;;
    esac
  done
  printf '%s$%s%s\n' "$DIM" "$words" "$PLAIN"
  "$@"
}

# tick STATUS OUTCOME COMMAND...: shows a command of ct-action, and holds its
# exit status and its outcome to what the story says.
tick() {
  local want_status=$1 want_outcome=$2 status=0
  shift 2
  export GITHUB_OUTPUT=$DEMO/outputs-$STEP
  : >"$GITHUB_OUTPUT"
  show "$@" || status=$?
  [ "$status" = "$want_status" ] || fail "exit status $status, expected $want_status"
  expect_output outcome "$want_outcome"
  printf '%sexit status %s, as expected%s\n' "$DIM" "$status" "$PLAIN"
}

fail() {
  printf '\ndemo: step %s: %s\n' "$STEP" "$1" >&2
  exit 1
}

# --- holding it to its word --------------------------------------------------

# output NAME: prints the last value of an output of the present step. The file
# holds NAME=VALUE lines, or NAME<<DELIMITER blocks.
output() {
  awk -v want="$1" '
    end != ""   { if ($0 == end) end = ""; else if (name == want) value = $0; next }
    /^[^=]*<</  { name = $0; sub(/<<.*/, "", name); end = $0; sub(/^[^<]*<</, "", end); next }
                { name = $0; sub(/=.*/, "", name); if (name == want) { value = $0; sub(/^[^=]*=/, "", value) } }
    END         { print value }' "$GITHUB_OUTPUT"
}

expect_output() {
  local got
  got=$(output "$1")
  [ "$got" = "$2" ] || fail "output $1 is \"$got\", expected \"$2\""
}

expect_failed_check() {
  case $(output failed-check-names) in
    *"\"$1\""*) ;;
    *) fail "failed-check-names is $(output failed-check-names), expected $1 among them" ;;
  esac
}

# expect_aliases 'NAME=VERSION ...': asks the registry itself, not ct-action.
expect_aliases() {
  local got
  got=$(python - "$MLFLOW_TRACKING_URI" "$MODEL" <<'PYTHON'
import json, sys, urllib.request
url = f"{sys.argv[1]}/api/2.0/mlflow/registered-models/get?name={sys.argv[2]}"
aliases = json.load(urllib.request.urlopen(url, timeout=30))["registered_model"].get("aliases", [])
print(*sorted(f'{a["alias"]}={a["version"]}' for a in aliases))
PYTHON
  )
  [ "$got" = "$1" ] || fail "the registry says $got, expected $1"
  printf '%sregistry: %s%s\n' "$DIM" "$got" "$PLAIN"
}

# --- the stage ---------------------------------------------------------------

prepare() {
  clean
  mkdir -p "$DEMO"
  cp -R "$ROOT/examples/churn" "$WORK"
  cd "$WORK"
  export PATH="$ROOT/bin:$ROOT/.venv/bin:$PATH"
  export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true GIT_PYTHON_REFRESH=quiet
  # Progress bars and MLflow's notes to its developers are not the story.
  export MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false MLFLOW_LOGGING_LEVEL=ERROR
  export MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true
  export PYTHONWARNINGS=ignore
  # As in a job, but told to a terminal: no variable of a surrounding job may
  # speak here, only a file for the summary and one for the outputs.
  local name
  for name in $(compgen -e | grep -E '^(GITHUB|INPUT|MLFLOW_(TRACKING|REGISTRY|RUN|EXPERIMENT)|CT)_' || true); do
    unset "$name"
  done
  export GITHUB_STEP_SUMMARY=$DEMO/summary.md
  : >"$GITHUB_STEP_SUMMARY"
}

start_server() {
  local port
  port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  export MLFLOW_TRACKING_URI=http://127.0.0.1:$port
  heading 'Starting an MLflow server on SQLite'
  # Under job control the server and its workers are one process group, which
  # can be stopped as a whole. The environment keeps it to 0.5 GiB.
  set -m
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false python -m mlflow server \
    --host 127.0.0.1 --port "$port" --workers 1 \
    --backend-store-uri "sqlite:///$DEMO/mlflow.db" \
    --artifacts-destination "$DEMO/artifacts" \
    >"$DEMO/server.log" 2>&1 </dev/null &
  SERVER=$!
  set +m
  echo "$SERVER" >"$DEMO/server.pid"

  python - "$MLFLOW_TRACKING_URI/health" "$SERVER" <<'PYTHON' || fail "server not up; its log is .demo/server.log"
import os, sys, time, urllib.error, urllib.request
url, pid, deadline = sys.argv[1], int(sys.argv[2]), time.monotonic() + 120
while time.monotonic() < deadline:
    try:
        urllib.request.urlopen(url, timeout=5)
        sys.exit()
    except OSError:
        os.kill(pid, 0)  # raises once the server has died
        time.sleep(0.2)
sys.exit(1)
PYTHON
  printf 'up at %s after %d s\n' "$MLFLOW_TRACKING_URI" "$SECONDS"
}

# finish runs at every exit, also after Ctrl-C.
finish() {
  local status=$?
  trap - EXIT
  trap '' INT TERM
  if [ -n "$SERVER" ] && { [ -z "${KEEP:-}" ] || [ "$status" != 0 ]; }; then
    stop_group "$SERVER"
    rm -f "$DEMO/server.pid"
  fi
  exit "$status"
}

clean() {
  local pid
  if [ -f "$DEMO/server.pid" ]; then
    pid=$(cat "$DEMO/server.pid")
    # The number may belong to somebody else by now.
    case $(ps -o args= -p "$pid" 2>/dev/null || tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || true) in
      *mlflow*"$DEMO"*) stop_group "$pid" ;;
    esac
  fi
  rm -rf "$DEMO"
}

# stop_group PID: asks the process group to end, and ends it after 5 s.
stop_group() {
  local tries=0
  kill -TERM -- "-$1" 2>/dev/null || return 0
  while kill -0 -- "-$1" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 50 ]; then
      kill -KILL -- "-$1" 2>/dev/null || true
      break
    fi
    sleep 0.1
  done
  wait "$1" 2>/dev/null || true
}

main "$@"
