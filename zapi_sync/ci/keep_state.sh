#!/usr/bin/env bash
# Commits the state and its journal, and pushes them. To be run after every apply, however it ended.
set -euo pipefail
# shellcheck source=zapi_sync/ci/lib.sh
. "$(dirname "$0")/lib.sh"
forget_credentials

find_state
cd "$state_folder" 2>/dev/null || exit 0 # no apply got so far
state_folder=.
state=$(basename "$ZAPI_SYNC_STATE")
kept=()
for file in "$state" "$state.journal"; do
  if [ -e "$file" ] || git ls-files --error-unmatch -- "$file" >/dev/null 2>&1; then kept+=("$file"); fi
done
[ ${#kept[@]} -gt 0 ] || exit 0
git add --all -- "${kept[@]}"
if git diff --cached --quiet HEAD -- "${kept[@]}"; then exit 0; fi

branch=$(state_branch)
base=$(git rev-parse HEAD)
job=${GITHUB_RUN_ID:+$GITHUB_RUN_ID-${GITHUB_RUN_ATTEMPT:-1}}
job=${job:-${CI_JOB_ID:-$(date +%s)}}
# No pipeline for this commit: it would have nothing to do.
git commit --quiet -m "zapi-sync: the state after job $job [skip ci]" -- "${kept[@]}"

why='it was refused five times'
for _ in 1 2 3 4 5; do
  if push "HEAD:refs/heads/$branch"; then exit 0; fi
  git fetch --quiet origin "refs/heads/$branch" || continue
  if ! git diff --quiet "$base" FETCH_HEAD -- "${kept[@]}"; then
    why='another job pushed a state of its own meanwhile'
    break
  fi
  git rebase --quiet --autostash FETCH_HEAD
  base=FETCH_HEAD
done

rescue=zapi-sync-rescue-$job
if push "HEAD:refs/heads/$rescue"; then
  fail "the state could not be pushed to $branch, as $why. It stands on the branch $rescue: take its groups over (zapi-sync import), or run apply --existing adopt; until then their names are taken, and none is created twice"
fi
fail "the state could not be pushed to $branch, as $why, nor to $rescue. The groups exist: zapi-sync apply --existing adopt takes them in"
