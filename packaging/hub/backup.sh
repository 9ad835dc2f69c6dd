#!/bin/sh
# Back the hub up into a new folder below DIR, verified, then delete all but the newest KEPT that were made here.
#   backup DIR KEPT
# Nothing is deleted where the backup failed, and nothing that has another name than a backup of ours.
set -eu
folder=$1 kept=$2
case $kept in '' | *[!0-9]* | 0*) echo "backup: '$kept' is no number of backups to keep" >&2; exit 64 ;; esac
cd "$folder"
/usr/lib/camwarden-hub/bin/camwarden-hub backup "$folder/$(date -u +%Y%m%dT%H%M%SZ)"
find . -mindepth 1 -maxdepth 1 -type d -name '[0-9]*T[0-9]*Z' -printf '%f\n' |
    grep -E '^[0-9]{8}T[0-9]{6}Z$' | sort -r | tail -n "+$((kept + 1))" |
    while read -r old; do rm -r -- "./$old"; done
