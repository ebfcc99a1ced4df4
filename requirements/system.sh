#!/bin/sh
# Makes sure that the programs that the tests start are there: installs what lacks where it may, else names it.
set -eu
missing=""
need() { # the package, and names or places of its program
    package=$1
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null 2>&1 || [ -x "$program" ]; then return; fi
    done
    missing="$missing $package"
}
need chromium chromium chromium-browser google-chrome
need curl curl
need postgresql initdb /usr/lib/postgresql/*/bin/initdb
need redis-server redis-server
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    {
        apt-get update -qq
        case "$missing" in *chromium*)
            # The tests take this one first where there is such a package.
            if apt-cache show chromium-headless-shell 2>/dev/null; then missing="$missing chromium-headless-shell"; fi
        esac
        apt-get install -y -qq --no-install-recommends $missing
    } >/dev/null </dev/null
else
    echo "The tests need these packages; please install them:$missing" >&2
    exit 1
fi
