#!/usr/bin/env bash
# Compiles rules, runs their examples in the projects made of them, and checks the projects' types.
# usage: project_test.sh RULE_PROJECT_PROGRAM SOURCE_ROOT
set -euo pipefail
program=$(realpath "$1")
root=$(realpath "$2")
node=$root/node_modules/.bin/node
if [[ ! -x $node ]]; then
  echo "no $node: run npm ci --ignore-scripts first" >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for rule in "$root"/examples/*.md "$root"/spec/rules/*/rule.md; do
  project=$folder/project
  rm -rf "$project"
  "$program" "$rule" "$project"
  ln -s "$root/node_modules" "$project/node_modules"
  cd "$project"
  echo "== $rule"
  "$node" src/main.ts --examples
  if grep -q '^## Example' README.md; then
    "$node" --test --test-timeout=60000 "test/*.test.ts" >"$folder/log" || { cat "$folder/log"; exit 1; }
  fi
  "$node" "$root/node_modules/typescript/bin/tsc" --strict --noUnusedLocals --noUnusedParameters -p .
done
