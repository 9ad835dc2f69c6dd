#!/bin/sh
# Install camwarden from its ZIP as its README says, with pip and with uv, in a network namespace without network.
#   try_wheelhouse.sh ZIP UV      UV: the program uv, which is in no Debian
set -eu
zip=$(realpath "$1")
uv=$(realpath "$2")
if [ "${CAMWARDEN_OFFLINE:-}" != yes ]; then
    as_user=--map-root-user
    [ "$(id -u)" = 0 ] && as_user=
    # shellcheck disable=SC2086 # empty for root
    exec env CAMWARDEN_OFFLINE=yes unshare --net $as_user "$0" "$zip" "$uv"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch/home" PATH="$scratch/home/.local/bin:$(dirname "$uv"):$PATH"
# No configuration of this machine helps along: neither pip's index and find-links, nor a cache of uv.
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_CONSTRAINT VIRTUAL_ENV PYTHONPATH 2>/dev/null || true
export PIP_CONFIG_FILE=/dev/null UV_NO_CONFIG=1 UV_CACHE_DIR="$scratch/uv-cache" UV_PYTHON_DOWNLOADS=never
mkdir -p "$HOME"
python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$zip" "$scratch"
cd "$scratch"/camwarden-*/
if getent ahostsv4 deb.debian.org >/dev/null 2>&1; then
    echo "try_wheelhouse: there is a network in here" >&2
    exit 1
fi
# The README's commands, in their order: they are the indented lines.
sed -n 's/^       \(.*\)$/\1/p' README.txt | while read -r line; do
    case $line in
    "camwarden doctor") ;;
    *)
        echo "+ $line"
        sh -euc "$line"
        ;;
    esac
done
for program in "$HOME/camwarden/bin/camwarden" "$HOME/.local/bin/camwarden"; do
    # doctor fails for want of a site.toml; the lines that tell whether the libraries work must be in order.
    "$program" --json doctor >"$scratch/doctor.json" || true
    python3 - "$scratch/doctor.json" <<'EOF'
import json, sys
rows = {row["probe"]: row["status"] for row in json.load(open(sys.argv[1]))["probes"]}
wrong = {name: rows.get(name) for name in ("software", "worker") if rows.get(name) != "pass"}
sys.exit(f"try_wheelhouse: {wrong}" if wrong else 0)
EOF
done
"$HOME/camwarden/bin/python" -Ic "
from drivers.onvif.documents import wsdl_directory
assert (wsdl_directory() / 'devicemgmt.wsdl').is_file(), wsdl_directory()"
echo "try_wheelhouse: camwarden works from $(basename "$zip") by pip and by uv, without network"
