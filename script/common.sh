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

# build PRESET [TARGET…]: configures and builds with a line of progress now and then; quiet when
# nothing is to be done. The whole output is in build/PRESET.log.
build() {
  local preset=$1
  shift
  mkdir -p build
  local log=build/$preset.log
  cmake --preset "$preset" >"$log" 2>&1 || { tail -n 30 "$log" >&2 && die build "cmake failed, see $log"; }
  NINJA_STATUS='%p ' ninja -C "build/$preset" -j2 "$@" 2>&1 | tee -a "$log" |
    awk -v preset="$preset" '
      $1 ~ /^[0-9]+%$/ {
        done = $1 + 0
        if (done >= shown + 10) { printf "build: %s %d %%\n", preset, done; fflush(); shown = done - done % 10 }
      }' >&2 || { tail -n 60 "$log" >&2 && die build "$preset failed, see $log"; }
}
