#!/bin/sh
# Tell whether this machine runs programs of these architectures, as building a root folder needs: can_run.sh ARCH...
set -eu
for arch in "$@"; do
    arch-test "$arch" >/dev/null || {
        echo "rootfs: this machine runs nothing of $arch: apt install qemu-user-static, have binfmt_misc mounted (mount" \
            "-t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc), run /usr/lib/systemd/systemd-binfmt" >&2
        exit 69
    }
done
