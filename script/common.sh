# shellcheck shell=bash
# Sourced by the verbs in this folder: where the repository is, and one voice for all of them.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Node 24 of the workspace. Never the machine's own, which only bootstraps npm.
# shellcheck disable=SC2034 # used by those that source this
node=$root/node_modules/.bin/node

# say VERB TEXT…: one line of progress on stderr, so that stdout stays for results.
say() {
  local verb=$1
  shift
  printf '%s: %s\n' "$verb" "$*" >&2
}

die() {
  say "$@"
  exit 1
}
