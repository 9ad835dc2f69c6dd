#!/bin/sh
# Boot an older Debian under systemd-nspawn, install camwarden's root folder there as install.sh does, and see it work.
#   trial.sh ROOTFS SUITE     SUITE: bullseye (systemd 247, Python 3.9) or bookworm (252, 3.11)
# Needs root, mmdebstrap, systemd-nspawn. The guest has no network and no python3 of its own.
set -eu
rootfs=$(realpath "$1")
suite=$2
here=$(realpath "$(dirname "$0")")
cache=$here/../../build/rootfs
mkdir -p "$cache"
image=$cache/$suite.tar
[ -e "$image" ] || {
    mmdebstrap --quiet --format=tar --variant=minbase --include=systemd,systemd-sysv,dbus,procps "$suite" "$image.part"
    mv "$image.part" "$image"
}
scratch=$(mktemp -d "$cache/trial.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/guest" "$scratch/srv"
tar --extract --numeric-owner --exclude='./dev/*' --file="$image" --directory="$scratch/guest"
cp "$here/install.sh" "$here/trial_guest.sh" "$scratch/srv/"
zstd --quiet --decompress "$rootfs" -o "$scratch/srv/rootfs.tar"
cat >"$scratch/guest/etc/systemd/system/trial.service" <<'EOF'
[Unit]
Description=the trial of the root folder
After=multi-user.target
SuccessAction=exit
FailureAction=exit
FailureActionExitStatus=1
[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/bin/sh /srv/trial_guest.sh
StandardOutput=append:/srv/output.txt
StandardError=append:/srv/output.txt
EOF
mkdir -p "$scratch/guest/etc/systemd/system/multi-user.target.wants"
ln -s ../trial.service "$scratch/guest/etc/systemd/system/multi-user.target.wants/trial.service"
code=0
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --private-network \
    --machine="camwarden-trial-$suite-$$" --link-journal=no --resolv-conf=off --timezone=off --console=read-only \
    --bind="$scratch/srv:/srv" --directory="$scratch/guest" --boot >"$cache/$suite-console.txt" 2>&1 </dev/null || code=$?
cp "$scratch/srv/output.txt" "$cache/$suite-output.txt" 2>/dev/null || true
sed -n 's/^TRIAL: //p' "$cache/$suite-output.txt" 2>/dev/null || true
if [ "$code" != 0 ]; then
    echo "trial: $suite failed; see build/rootfs/$suite-output.txt and $suite-console.txt" >&2
    exit 1
fi
echo "trial: camwarden works on $suite from its root folder"
