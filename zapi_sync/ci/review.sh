#!/usr/bin/env bash
# review.sh plan|validate: as markdown, to a file (ZAPI_SYNC_REPORT), the log and the job's summary. Needs no secret.
set -euo pipefail
# shellcheck source=zapi_sync/ci/lib.sh
. "$(dirname "$0")/lib.sh"
forget_credentials

report=${ZAPI_SYNC_REPORT:-zapi-sync.md}
command=${1:-}
case $command in
  plan)
    check_out_state
    find_state
    ;;
  validate) ;;
  *) fail "there is no command \"$command\" here: plan, apply or validate" ;;
esac

code=0
more_arguments --format markdown
(run "$command" "${arguments[@]}") >"$report" || code=$?
[ -s "$report" ] || printf '### zapi-sync %s\n\n**It ended with exit code %s; the log says why.**\n' "$command" "$code" >"$report"
cat "$report"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$report" >>"$GITHUB_STEP_SUMMARY"; fi
exit "$code"
