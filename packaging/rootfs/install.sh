#!/bin/sh
# Install or renew camwarden in a root folder of its own, on a gateway whose own Python is too old. As root:
#   sh install.sh camwarden-rootfs-amd64.tar.zst       (a .tar works too, where there is no zstd)
# What the operator made (/etc/camwarden, /var/lib/camwarden) stays as it is. To take it away: systemctl disable --now
# camwarden; rm -r /opt/camwarden /etc/systemd/system/camwarden.service* /usr/local/bin/camwarden.
set -eu
archive=$1
home=/opt/camwarden
new=$home/root.new
version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${version:-0}" -lt 247 ]; then
    echo "install: systemd ${version:-(none)} is too old: it cannot hand secrets over (247 can)" >&2
    exit 69
fi
rm -rf "$new"
mkdir -p "$new"
tar --extract --numeric-owner --preserve-permissions --exclude='./dev/*' --file="$archive" --directory="$new"
chroot "$new" /usr/bin/true || {
    echo "install: this machine cannot run what is in $archive: the wrong architecture, or a kernel too old" >&2
    rm -rf "$new"
    exit 69
}
# Where systemd mounts something into the folder. systemd 247 would make these readable for root only.
mkdir -p "$new/run/systemd/journal" "$new/run/credentials" "$new/run/camwarden" "$new/etc/camwarden"
: >"$new/run/systemd/notify"
was_running=no
systemctl --quiet is-active camwarden.service && was_running=yes && systemctl stop camwarden.service
# Two renames, so that a power cut hardly ever finds neither; what it leaves is taken away by the next run.
rm -rf "$home/root.old"
[ ! -d "$home/root" ] || mv "$home/root" "$home/root.old"
mv "$new" "$home/root"
rm -rf "$home/root.old"

units=/etc/systemd/system
mkdir -p $units/camwarden.service.d
cp "$home/root/usr/lib/systemd/system/camwarden.service" $units/camwarden.service
cp "$home/root/usr/lib/camwarden/root-folder/camwarden-rootdirectory.conf" \
    $units/camwarden.service.d/rootdirectory.conf
install -D -m 0755 "$home/root/usr/lib/camwarden/root-folder/camwarden" /usr/local/bin/camwarden
systemd-sysusers "$home/root/usr/lib/sysusers.d/camwarden.conf"
mkdir -p /etc/camwarden /var/lib/camwarden
chown camwarden:camwarden /var/lib/camwarden
chmod 0700 /var/lib/camwarden
systemd-tmpfiles --create "$home/root/usr/lib/tmpfiles.d/camwarden.conf"
systemctl daemon-reload
[ $was_running = no ] || systemctl start camwarden.service
echo "install: camwarden is in $home/root; next: camwarden init, then systemctl enable --now camwarden"
