#!/bin/sh
# Inside the older Debian, as root: install, start, ask, kill, renew, take away. trial.sh reads the lines "TRIAL: ".
set -eux
say() { echo "TRIAL: $*"; }
fail() {
    say "FAILED: $*"
    journalctl --no-pager -u camwarden.service | tail -40
    exit 1
}
prop() { systemctl show -P "$1" camwarden.service 2>/dev/null || systemctl show -p "$1" camwarden.service | cut -d= -f2-; }
wait_for() { # SECONDS COMMAND...
    left=$(($1 * 5))
    shift
    until "$@"; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.2
    done
}

say "host: $(. /etc/os-release && echo "$PRETTY_NAME"), $(systemctl --version | head -1)"
! command -v python3 || fail "the host has a Python of its own"
sh /srv/install.sh /srv/rootfs.tar
cat >/root/answers.toml <<'EOF'
id = "trial02"
name = "trial"
city = "datong"
division = "140200"
network = "none"
user = "none"
password = ""
devices = "none"
hub = "none"
EOF
chmod 0600 /root/answers.toml
cd /root # what is here is there in the root folder too
camwarden init --answers answers.toml && init=0 || init=$?
say "camwarden init --answers ends with $init; $(stat -c '%U:%G %a' /etc/camwarden/site.toml 2>&1)"
[ -s /etc/camwarden/site.toml ] || fail "init wrote no site.toml"
cat >/etc/camwarden/site.toml <<'EOF'
[site]
id = "trial01"
city = "datong"
division = "140200"
period_s = 60
time_zone = "Asia/Shanghai"
EOF
chmod 0640 /etc/camwarden/site.toml
chown root:camwarden /etc/camwarden/site.toml
# It looks for the program and the manual on the host, and tells of options that came after it: shown, not judged.
systemd-analyze verify camwarden.service 2>&1 | grep -c 'Unknown' | sed 's/^/TRIAL: options of the unit that this systemd does not know: /'

systemctl start camwarden.service || fail "it does not start"
[ "$(prop ActiveState)" = active ] || fail "not active: $(prop ActiveState)"
pid=$(prop MainPID)
inside=$(cat "/proc/$pid/root/etc/debian_version")
case $inside in 13*) ;; *) fail "it runs in Debian $inside" ;; esac
say "active: $(readlink "/proc/$pid/exe") in Debian $inside as $(stat -c %U "/proc/$pid"), READY was told (Type=$(prop Type))"
wait_for 60 test -s /run/camwarden/status.json || fail "no status.json"
ls /var/lib/camwarden/*.pem || fail "no report key in the host's /var/lib/camwarden"
journalctl --no-pager -o cat -u camwarden.service | sed -n 's/^daemon: the picture worker/&/p' | while read -r line; do say "$line"; done
! test -e /opt/camwarden/root/var/lib/camwarden/spool.sqlite || fail "state was written into the root folder"
[ -z "$(find /opt/camwarden/root -xdev -newer /etc/camwarden/site.toml -type f)" ] || fail "files written into the root folder"
cap=$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")
say "CapEff $cap, NoNewPrivs $(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status"), Seccomp $(sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")"
score=$(systemd-analyze security --no-pager camwarden.service | sed -n 's/.*Overall exposure level for camwarden.service: \([0-9.]*\).*/\1/p')
say "exposure level $score"

camwarden --version
camwarden status && status=0 || status=$?
say "camwarden status ends with $status"
camwarden --json doctor >/tmp/doctor.json || true
tr -d '\n' </tmp/doctor.json | grep -qE '"probe": "worker", +"status": "pass"' || {
    cat /tmp/doctor.json
    fail "doctor: the picture worker"
}
tr -d '\n' </tmp/doctor.json | grep -qE '"probe": "software", +"status": "pass"' || fail "doctor: software"
say "doctor: software and picture worker pass"

kill -9 "$pid"
wait_for 30 sh -c "[ \"\$(systemctl show -p MainPID camwarden.service)\" != MainPID=$pid ] && systemctl -q is-active camwarden.service" ||
    fail "no new start after kill -9"
say "started again after kill -9"
began=$(date +%s%N)
systemctl stop camwarden.service
say "stopped in $((($(date +%s%N) - began) / 1000000)) ms, Result=$(prop Result)"

systemctl start camwarden.service
key=$(sha256sum /var/lib/camwarden/*.pem)
sh /srv/install.sh /srv/rootfs.tar
[ "$(prop ActiveState)" = active ] || fail "not running after it was renewed"
[ "$(sha256sum /var/lib/camwarden/*.pem)" = "$key" ] || fail "another report key after it was renewed"
say "renewed while it ran: runs again, with its key and configuration"
