#!/bin/sh
# Install the named Debian packages that are missing: with apt when root, otherwise say what to install and stop.
set -eu
missing=""
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -eq 0 ]; then
    echo "installing for the tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # Two targets of make may ask for packages at the same time: the second waits until the first has them.
    exec 9>/run/lock/camwarden-packages && flock 9
    apt-get -qq update
    # shellcheck disable=SC2086 # a list of names
    apt-get -qq install --no-install-recommends -y $missing >/dev/null
else
    echo "the tests need these system packages: sudo apt install$missing" >&2
    exit 69
fi
