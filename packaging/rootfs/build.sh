#!/bin/sh
# Build the root folder for RootDirectory=: a minimal Debian 13 with its Python and our package, as OUT (a .tar.zst).
# Beside it NAME.packages.txt names the Debian packages inside; what our own brings, its SBOM names.
#   packaging/rootfs/build.sh DEB OUT        e.g. dist/camwarden_..._arm64.deb dist/camwarden-rootfs-arm64.tar.zst
# The architecture is the package's. Another than this machine's needs qemu-user and binfmt_misc, because packages
# run their scripts when they are installed (can_run.sh asks). SOURCE_DATE_EPOCH makes two builds equal where the mirror has not moved.
set -eu
deb=$(realpath "$1")
out=$(realpath "$2")
cd "$(dirname "$0")/../.."
arch=$(dpkg-deb --field "$deb" Architecture)
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH

sh packaging/rootfs/can_run.sh "$arch"

# What the service does not read: manuals, translations, the apt that nothing will run in there.
mmdebstrap --quiet --format=tar --variant=minbase --architectures="$arch" \
    --include=python3,ca-certificates,tzdata \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-include=/usr/share/doc/camwarden/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="upload '$deb' /tmp/camwarden.deb" \
    --customize-hook='chroot "$1" apt-get install -qq -y --no-install-recommends /tmp/camwarden.deb >/dev/null' \
    --customize-hook='chroot "$1" /usr/lib/camwarden/bin/camwarden --version' \
    --customize-hook='mkdir -p "$1/usr/lib/camwarden/root-folder"' \
    --customize-hook='copy-in systemd/camwarden-rootdirectory.conf /usr/lib/camwarden/root-folder' \
    --customize-hook='copy-in packaging/rootfs/camwarden /usr/lib/camwarden/root-folder' \
    --customize-hook='chmod 0644 "$1"/usr/lib/camwarden/root-folder/*' \
    --customize-hook='rm -rf "$1/tmp/camwarden.deb" "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*' \
    --customize-hook='mkdir -p "$1/etc/camwarden" "$1/var/lib/camwarden" "$1/run/camwarden"' \
    --customize-hook=': > "$1/etc/resolv.conf"; : > "$1/etc/hosts"; rm -f "$1/etc/hostname"' \
    --customize-hook="chroot \"\$1\" dpkg-query -W > '${out%.tar.zst}.packages.txt'" \
    trixie "$out.part"
zstd --quiet --force --rm -T0 -12 "$out.part" -o "$out"
echo "$out"
