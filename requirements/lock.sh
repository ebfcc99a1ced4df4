#!/bin/sh
# Resolves setup.cfg into the two locked sets: names, versions and hashes only, for every Python from 3.11.
set -eu
cd "$(dirname "$0")/.."
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
python3 -m venv "$tool"
"$tool/bin/pip" install -q --disable-pip-version-check uv
lock() {
    out=$1
    shift
    "$tool/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-header --no-annotate setup.cfg requirements/build.in -o "$out" "$@"
}
lock requirements/run.txt
lock requirements/dev.txt --extra test --extra bench -c requirements/run.txt
