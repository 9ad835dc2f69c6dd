"""Lists the Debian packages that are built, and what goes into each beside the program: a further one is a row here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGING = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package: its name is that of its command, folder and user too.

    `lock`: what it has of libraries. `templates`: a folder whose files take the place of those in `debian/`. `shipped`:
    what is shipped beside the program, and where it goes. `debhelper`: what debhelper installs under a name of its own.
    `manual`: pages by language, where a page goes by another name than its file's: the name. `left_out`: folders of the
    program that nothing of this package uses.
    """

    name: str
    lock: Path
    templates: Path
    shipped: Mapping[str, str]
    debhelper: Mapping[str, str]
    manual: Mapping[str, str] | None = None
    left_out: tuple[str, ...] = ()

    @property
    def site_packages(self) -> str:
        """Where its libraries go."""
        return f"usr/lib/{self.name}/site-packages"

    @property
    def doc(self) -> str:
        """Where its documentation goes."""
        return f"usr/share/doc/{self.name}"


AGENT = Package(
    name="camwarden",
    lock=PACKAGING / "runtime.lock",
    templates=PACKAGING / "debian",
    shipped={
        "packaging/completions/camwarden.bash": "usr/share/bash-completion/completions/camwarden",
        "packaging/completions/_camwarden": "usr/share/zsh/vendor-completions/_camwarden",
        "packaging/completions/camwarden.fish": "usr/share/fish/vendor_completions.d/camwarden.fish",
        "packaging/journal": "usr/lib/systemd/catalog",
        "packaging/launcher.py": "usr/lib/camwarden/bin/camwarden",
        "packaging/upgrade.py": "usr/lib/camwarden/bin/upgrade",
        "packaging/site.toml.sample": "usr/share/doc/camwarden/examples/site.toml",
        "packaging/site.toml.zh.sample": "usr/share/doc/camwarden/examples/site.zh.toml",
        "packaging/secrets.toml.sample": "usr/share/doc/camwarden/examples/secrets.toml",
        "packaging/mosquitto": "usr/share/doc/camwarden/examples/mosquitto",
        "packaging/grafana": "usr/share/doc/camwarden/examples/grafana",
        "README.md": "usr/share/doc/camwarden/README.md",
        "SECURITY.md": "usr/share/doc/camwarden/SECURITY.md",
        "agent/service/operate.md": "usr/share/doc/camwarden/operate.md",
        "agent/service/operate.zh.md": "usr/share/doc/camwarden/operate.zh.md",
        "systemd/README.md": "usr/share/doc/camwarden/service.md",
        "systemd/camwarden-upgrade.service": "usr/lib/systemd/system/camwarden-upgrade.service",
        "systemd/camwarden-upgrade.timer": "usr/lib/systemd/system/camwarden-upgrade.timer",
    },
    debhelper={
        "systemd/camwarden.service": "camwarden.service",
        "systemd/camwarden.sysusers": "camwarden.sysusers",
        "systemd/camwarden.tmpfiles": "camwarden.tmpfiles",
    },
)
HUB = Package(
    name="camwarden-hub",
    lock=PACKAGING / "hub.lock",
    templates=PACKAGING / "hub" / "debian",
    shipped={
        "packaging/completions/camwarden-hub.bash": "usr/share/bash-completion/completions/camwarden-hub",
        "packaging/completions/_camwarden-hub": "usr/share/zsh/vendor-completions/_camwarden-hub",
        "packaging/completions/camwarden-hub.fish": "usr/share/fish/vendor_completions.d/camwarden-hub.fish",
        "packaging/hub/launcher.py": "usr/lib/camwarden-hub/bin/camwarden-hub",
        "packaging/hub/backup.sh": "usr/lib/camwarden-hub/bin/backup",
        "packaging/hub/hub.env.sample": "usr/share/doc/camwarden-hub/examples/hub.env",
        "packaging/hub/web.env.sample": "usr/share/doc/camwarden-hub/examples/web.env",
        "packaging/hub/nginx.conf": "usr/share/doc/camwarden-hub/examples/nginx.conf",
        "packaging/hub/README.md": "usr/share/doc/camwarden-hub/README.md",
        "packaging/hub/README.zh.md": "usr/share/doc/camwarden-hub/README.zh.md",
        "packaging/hub/grafana": "usr/share/doc/camwarden-hub/examples/grafana",
        "packaging/mosquitto": "usr/share/doc/camwarden-hub/examples/mosquitto",
        "packaging/rabbitmq": "usr/share/doc/camwarden-hub/examples/rabbitmq",
        "agent/hub/README.md": "usr/share/doc/camwarden-hub/hub.md",
        "agent/hub/README.zh.md": "usr/share/doc/camwarden-hub/hub.zh.md",
        "agent/hub/capacity.md": "usr/share/doc/camwarden-hub/capacity.md",
        "agent/contract/README.md": "usr/share/doc/camwarden-hub/contract.md",
        "SECURITY.md": "usr/share/doc/camwarden-hub/SECURITY.md",
        "systemd/camwarden-hub-enroll.service": "usr/lib/systemd/system/camwarden-hub-enroll.service",
        "systemd/camwarden-hub-serve.service": "usr/lib/systemd/system/camwarden-hub-serve.service",
        "systemd/camwarden-hub-backup.service": "usr/lib/systemd/system/camwarden-hub-backup.service",
        "systemd/camwarden-hub-backup.timer": "usr/lib/systemd/system/camwarden-hub-backup.timer",
    },
    debhelper={
        "systemd/camwarden-hub.service": "camwarden-hub.service",
        "systemd/camwarden-hub.sysusers": "camwarden-hub.sysusers",
        "systemd/camwarden-hub.tmpfiles": "camwarden-hub.tmpfiles",
    },
    manual={"camwarden-hub.1": "camwarden-hub.8"},  # the page of the command has its name in the agent's package
    left_out=(
        "agent/demo",
        "agent/design",
        "agent/hub/stores/postgres",
        "agent/onsite/cards",
        "agent/onsite/filing",
        "agent/onsite/ledger",
        "agent/onsite/link",
        "agent/onsite/ui",
    ),
)
PACKAGES = {package.name: package for package in (AGENT, HUB)}
"""What is built, by name: with plain debhelper, and by what stands in the table."""
