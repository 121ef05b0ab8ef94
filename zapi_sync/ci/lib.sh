# shellcheck shell=bash
# What the scripts of a CI job share. All of it comes by environment, nothing by text put into a script:
#   ZAPI_SYNC_FILES         the config's files and folders, one a line            [groups.yaml]
#   ZAPI_SYNC_STATE         the state's file, which may be in another clone       [beside the config]
#   ZAPI_SYNC_STATE_BRANCH  a branch of this repository for the state alone       [the branch at hand]
#   ZAPI_SYNC_ARGUMENTS     more arguments of the command, one a line
#   ZAPI_SYNC_VISIBILITY    public, private or internal: who can read this repository
#   STATE_PUSH_TOKEN        pushes the state, where the clone's own credentials may not (GitLab)

if [ -n "${GITHUB_ACTIONS:-}" ]; then # as the host shows its own bot
  : "${GIT_AUTHOR_NAME:=github-actions[bot]}" "${GIT_AUTHOR_EMAIL:=41898282+github-actions[bot]@users.noreply.github.com}"
fi
export GIT_AUTHOR_NAME="${GIT_AUTHOR_NAME:-zapi-sync}"
export GIT_AUTHOR_EMAIL="${GIT_AUTHOR_EMAIL:-zapi-sync@localhost}"
export GIT_COMMITTER_NAME="${GIT_COMMITTER_NAME:-$GIT_AUTHOR_NAME}"
export GIT_COMMITTER_EMAIL="${GIT_COMMITTER_EMAIL:-$GIT_AUTHOR_EMAIL}"

tell() { # LEVEL TEXT: in the job's log, and at its head where the host has such a place
  if [ -n "${GITHUB_ACTIONS:-}" ]; then
    echo "::$1 title=zapi-sync::${2//%/%25}" >&2
  else
    echo "zapi-sync: $1: $2" >&2
  fi
}

fail() {
  tell error "$1"
  exit 1
}

forget_credentials() { # what needs no secret gets none
  local name
  for name in "${!ZAPI_@}"; do
    case $name in ZAPI_*TOKEN | ZAPI_*INSTANCE_ID) unset "$name" ;; esac
  done
}

run() { # COMMAND [ARGUMENT...]: zapi-sync COMMAND over the files
  local line
  while IFS= read -r line; do
    if [ -n "$line" ]; then set -- "$@" --file "$line"; fi
  done <<<"${ZAPI_SYNC_FILES:-}"
  exec zapi-sync "$@"
}

more_arguments() { # ARGUMENT...: makes `arguments` of these and what the job was given
  local line
  arguments=("$@")
  while IFS= read -r line; do
    if [ -n "$line" ]; then arguments+=("$line"); fi
  done <<<"${ZAPI_SYNC_ARGUMENTS:-}"
}

state_file() { # where zapi-sync looks for the state
  local first name stem
  IFS= read -r first <<<"${ZAPI_SYNC_FILES:-groups.yaml}"
  name=${first##*/}
  stem=${name%.*}
  if [ -n "${ZAPI_SYNC_STATE:-}" ]; then
    echo "$ZAPI_SYNC_STATE"
  elif [ -d "$first" ]; then
    echo "${first%/}/groups.state.json"
  else
    echo "${first%"$name"}${stem:-$name}.state.json"
  fi
}

state_tree() { # the work tree of the state's own branch
  echo "$(git rev-parse --absolute-git-dir)/zapi-sync-state"
}

find_state() { # names the state for this script and for zapi-sync
  ZAPI_SYNC_STATE=$(state_file)
  if [ -n "${ZAPI_SYNC_STATE_BRANCH:-}" ]; then
    ZAPI_SYNC_STATE=$(state_tree)/$(git rev-parse --show-prefix)$ZAPI_SYNC_STATE
  fi
  export ZAPI_SYNC_STATE
  state_folder=$(dirname "$ZAPI_SYNC_STATE")
}

check_out_state() { # the state's own branch, where it has one; a branch that is not there yet begins empty
  local tree commit found=0
  [ -n "${ZAPI_SYNC_STATE_BRANCH:-}" ] || return 0
  tree=$(state_tree)
  rm -rf "$tree"
  git worktree prune
  git ls-remote --exit-code origin "refs/heads/$ZAPI_SYNC_STATE_BRANCH" >/dev/null || found=$?
  case $found in
    0)
      git fetch --quiet origin "refs/heads/$ZAPI_SYNC_STATE_BRANCH"
      commit=FETCH_HEAD
      ;;
    2) commit=$(git commit-tree -m 'zapi-sync: a branch for the state' "$(git mktree </dev/null)") ;;
    *) fail "the branch $ZAPI_SYNC_STATE_BRANCH, which has the state, cannot be looked up; nothing was sent" ;;
  esac
  git worktree add --quiet --detach "$tree" "$commit"
}

state_branch() { # that the state is pushed to
  local branch=${ZAPI_SYNC_STATE_BRANCH:-}
  branch=${branch:-$(git -C "$state_folder" branch --show-current)}
  branch=${branch:-${CI_COMMIT_BRANCH:-${GITHUB_REF_NAME:-}}}
  [ -n "$branch" ] || fail 'no branch is checked out, so the state cannot be pushed: check one out, or name a state branch'
  echo "$branch"
}

push() { # git push with these arguments; the token is in no command line and in no file
  local remote=origin
  if [ -n "${STATE_PUSH_TOKEN:-}" ]; then
    remote=$(git remote get-url origin | sed 's#://[^/@]*@#://#')
    # shellcheck disable=SC2016  # the helper's shell looks it up
    set -- -c credential.helper= -c 'credential.helper=!f() { echo username=oauth2; echo "password=$STATE_PUSH_TOKEN"; }; f' push "$@"
  else
    set -- push "$@"
  fi
  git "${@:1:$#-1}" --quiet "$remote" "${!#}"
}
