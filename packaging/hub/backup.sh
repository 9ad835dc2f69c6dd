#!/bin/sh
# Back the hub up into a new folder below DIR, verified, then delete all but the newest KEPT that were made here.
#   backup DIR KEPT
# One that was ended goes on; of one that nobody went on with for a day the part is deleted: it holds private keys.
# Nothing is deleted where the backup failed, and nothing that has another name than a backup of ours.
set -eu
folder=$1 kept=$2
case $kept in '' | *[!0-9]* | 0*) echo "backup: '$kept' is no number of backups to keep" >&2; exit 64 ;; esac
cd "$folder"
ours() { # END FIND...: the folders that are called as a backup is, with that end, the newest first
    end=$1 && shift
    find . -mindepth 1 -maxdepth 1 -type d "$@" -printf '%f\n' | grep -E "^[0-9]{8}T[0-9]{6}Z$end\$" | sort -r
}
ended=$(ours '\.part' -mmin -1440 | head -n 1)
new=${ended%.part}
/usr/lib/camwarden-hub/bin/camwarden-hub backup "$folder/${new:-$(date -u +%Y%m%dT%H%M%SZ)}"
{ ours '\.part' -mmin +1440; ours '' | tail -n "+$((kept + 1))"; } |
    while read -r old; do rm -r -- "./$old"; done
