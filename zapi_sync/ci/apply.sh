#!/usr/bin/env bash
# zapi-sync apply, with the newest state, and only where that can be pushed afterwards (keep_state.sh).
# Exit code 3, a day's budget or a time that is used up, is told and is no failure: a later job goes on.
set -euo pipefail
# shellcheck source=zapi_sync/ci/lib.sh
. "$(dirname "$0")/lib.sh"

repository_of() {
  git -C "$1" rev-parse --path-format=absolute --git-common-dir
}

(forget_credentials && check_out_state)
find_state
mkdir -p "$state_folder"
visibility=${ZAPI_SYNC_VISIBILITY:-${CI_PROJECT_VISIBILITY:-}}
if [ "$visibility" = public ] && [ "${ZAPI_SYNC_PUBLIC_STATE:-}" != true ] &&
  [ "$(repository_of .)" = "$(repository_of "$state_folder")" ]; then
  fail 'this repository is public, and the state holds invite links and phone numbers: keep it in a private one; nothing was sent'
fi
branch=$(state_branch)
if [ -z "${ZAPI_SYNC_STATE_BRANCH:-}" ]; then # this job may have waited while another one pushed
  (forget_credentials && git -C "$state_folder" pull --quiet --ff-only origin "$branch") ||
    fail "the branch $branch moved on in another way than this clone; nothing was sent"
fi
(forget_credentials && cd "$state_folder" && push --dry-run "HEAD:refs/heads/$branch") ||
  fail "the state could not be pushed to the branch $branch: give this job the right to (contents: write); nothing was sent"

# The result has the invite links, and a job's log has many readers. The state has them, too.
more_arguments --auto-approve
run apply "${arguments[@]}" >/dev/null &
child=$!
stopped=
trap 'stopped=yes; kill -TERM "$child" 2>/dev/null || :' INT TERM
wait "$child" && code=0 || code=$?
while [ -n "$stopped" ]; do # it finishes the group at hand
  stopped=
  wait "$child" && code=0 || code=$?
done

if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "exitcode=$code" >>"$GITHUB_OUTPUT"; fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  {
    printf '**zapi-sync apply ended with exit code %s. What is left:**\n\n' "$code"
    (run plan --format markdown) || :
  } >>"$GITHUB_STEP_SUMMARY"
fi
case $code in
  0) ;;
  3)
    tell notice "not all groups were created: the day's budget or the time is used up, or a rate limit stops an instance; a later run goes on (exit code 3)"
    exit 0
    ;;
  4) tell error 'a creation is unsettled, or a name is taken; the log says what to do (exit code 4)' ;;
  *) tell error "the apply ended early; the log says why (exit code $code)" ;;
esac
exit "$code"
