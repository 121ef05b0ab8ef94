#!/usr/bin/env bash
# Installs zapi-sync into an environment of its own, and puts it on the PATH of the steps that follow.
#   ZAPI_SYNC_PACKAGE   what pip installs: a requirement, a wheel, a folder
set -euo pipefail
# shellcheck source=zapi_sync/ci/lib.sh
. "$(dirname "$0")/lib.sh"
forget_credentials

home=${RUNNER_TEMP:?}/zapi-sync
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail 'zapi-sync needs Python 3.11 or newer: put actions/setup-python before this step'
python3 -m venv "$home"
"$home/bin/pip" install --quiet --disable-pip-version-check "$ZAPI_SYNC_PACKAGE"
echo "$home/bin" >>"${GITHUB_PATH:?}"
