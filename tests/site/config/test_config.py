"""The configuration: every mistake is told at once, exactly, with its line; the sample is the defaults."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import re
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from certificates import Authority
from jsonschema import Draft202012Validator

from agent.model.host_name import is_host
from agent.site.config import load as config_load
from agent.site.config.json_schema import site_schema
from agent.site.config.load import load
from agent.site.config.sections import is_responder
from agent.site.config.site import Policy, Probe, Site, Storage
from agent.site.config.tables import site_tables, toml_text
from agent.site.toml.problems import ConfigError, ConfigForbidden
from agent.site.toml.storage import load_storage

ROOT = Path(__file__).parents[3]
BAD_FILES = Path(__file__).parents[2] / "badfiles"
CASES = sorted(path.stem for path in BAD_FILES.glob("*.expected"))
PASSWORD = "hunter2"

SITE = '[site]\nid = "datong017"\ncity = "datong"\ndivision = "140200"\n'
DEVICE = '[[device]]\nid = "lobby"\nhost = "192.0.2.65"\ncredential = "cameras"\n'
SIGNED = '[credential.digest-sign]\nuser = "robot"\npassword = "SEC0"\n'
TOKEN = '[credential.token]\nuser = "token"\npassword = "123456"\n'
SECRETS = f'[credential.cameras]\nuser = "admin"\npassword = "{PASSWORD}"\n'


def write(folder: Path, site: str, secrets: str | None = None, mode: int = 0o600) -> Path:
    path = folder / "site.toml"
    path.write_text(site, encoding="utf-8")
    if secrets is not None:
        (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
        (folder / "secrets.toml").chmod(mode)
    return path


def mistakes(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value).replace(f"{path.parent}/", "").replace(str(path.parent), "FOLDER")


@pytest.fixture(autouse=True)
def no_credentials_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.mark.parametrize("case", CASES)
def test_each_bad_file_gives_exactly_its_messages(case: str, tmp_path: Path) -> None:
    shutil.copy(BAD_FILES / f"{case}.toml", tmp_path / "site.toml")
    secrets = BAD_FILES / f"{case}.secrets.toml"
    if secrets.exists():
        shutil.copy(secrets, tmp_path / "secrets.toml")
        (tmp_path / "secrets.toml").chmod(0o600)
    said = mistakes(tmp_path / "site.toml")
    assert said == (BAD_FILES / f"{case}.expected").read_text("utf-8").rstrip("\n")
    assert PASSWORD not in said


def test_every_bad_file_has_its_expected_messages() -> None:
    sites = {path.name.split(".")[0] for path in BAD_FILES.glob("*.toml")}
    assert sites == set(CASES)
    assert len(CASES) > 20


def test_a_good_site_is_read_with_its_defaults_and_digest(tmp_path: Path) -> None:
    text = SITE + DEVICE + '[[camera]]\nid = "door"\ndevice = "lobby"\n'
    site = load(write(tmp_path, text, SECRETS))
    assert (site.id, site.city, site.division, site.period_s) == ("datong017", "datong", "140200", 900)
    assert site.devices[0].credential is not None
    assert site.devices[0].credential.password == PASSWORD
    assert (site.devices[0].port, site.devices[0].driver) == (80, "onvif")
    assert site.cameras[0].camera.channel == 1
    assert (site.probe, site.policy, site.storage, site.hub) == (Probe(), Policy(), Storage(), None)
    assert site.digest == hashlib.sha256(text.encode()).hexdigest()
    assert PASSWORD not in repr(site)


def test_a_device_behind_tls_is_asked_on_443_unless_told_otherwise(tmp_path: Path) -> None:
    text = SITE + '[[device]]\nid = "a"\nhost = "a.local"\ntls = true\n'
    assert load(write(tmp_path, text)).devices[0].port == 443


def test_relative_paths_are_seen_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/hub.json").write_text("{}")
    text = SITE + '[hub]\nhost = "h"\njwks = "keys/hub.json"\n[storage]\ndirectory = "state"\n'
    write(tmp_path, text)
    monkeypatch.chdir(tmp_path.parent)
    site = load(Path(tmp_path.name) / "site.toml")
    assert site.hub is not None
    assert site.hub.jwks == tmp_path / "keys/hub.json"
    assert site.storage.directory == tmp_path / "state"


def test_a_text_that_is_not_ascii_is_kept(tmp_path: Path) -> None:
    assert load(write(tmp_path, SITE + 'name = "大同 17 号"\n')).name == "大同 17 号"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_secrets_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    said = mistakes(write(tmp_path, SITE + DEVICE, SECRETS, mode))
    assert said == f"secrets.toml: mode {mode:04o} lets others at the passwords; chmod 0600 secrets.toml"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secrets_file_of_its_owner_alone_is_taken(mode: int, tmp_path: Path) -> None:
    assert load(write(tmp_path, SITE + DEVICE, SECRETS, mode)).devices[0].credential is not None


@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_the_file_that_systemd_hands_over_comes_first(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0440: systemd gives its user access by a list, whose mask stat shows as the group's rights."""
    handed = tmp_path / "credentials"
    handed.mkdir()
    (handed / "secrets.toml").write_text(SECRETS.replace(PASSWORD, "handed"))
    (handed / "secrets.toml").chmod(mode)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    credential = load(write(tmp_path, SITE + DEVICE, SECRETS)).devices[0].credential
    assert credential is not None
    assert credential.password == "handed"


def test_a_world_readable_file_is_refused_from_systemd_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets.toml").write_text(SECRETS)
    (tmp_path / "secrets.toml").chmod(0o444)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "mode 0444" in mistakes(write(tmp_path, SITE + DEVICE))


def test_a_command_beside_the_service_reads_its_copy_where_the_file_is_not_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the service's user, or where passwords are kept encrypted only; for the service's own site and no other."""
    of_service, elsewhere = tmp_path / "of-service", tmp_path / "elsewhere"
    for folder in (of_service, elsewhere):
        folder.mkdir()
    (of_service / "secrets.toml").write_text(SECRETS.replace(PASSWORD, "handed"))
    (of_service / "secrets.toml").chmod(0o440)
    config = write(tmp_path, SITE + DEVICE)
    monkeypatch.setattr(config_load, "OF_SERVICE", of_service)
    monkeypatch.setattr(config_load, "CONFIG", config)
    credential = load(config).devices[0].credential
    assert credential is not None
    assert credential.password == "handed"
    assert "no such file" in mistakes(write(elsewhere, SITE + DEVICE))
    credential = load(write(tmp_path, SITE + DEVICE, SECRETS)).devices[0].credential
    assert credential is not None
    assert credential.password == PASSWORD


def test_a_site_without_logins_needs_no_secrets_file(tmp_path: Path) -> None:
    assert load(write(tmp_path, SITE)).devices == ()


def test_a_named_secrets_file_is_used(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(SECRETS.replace(PASSWORD, "other"))
    other.chmod(0o600)
    credential = load(write(tmp_path, SITE + DEVICE, SECRETS), other).devices[0].credential
    assert credential is not None
    assert credential.password == "other"


def test_mistakes_of_both_files_are_told_together_in_order(tmp_path: Path) -> None:
    said = mistakes(write(tmp_path, SITE.replace("140200", "14020") + DEVICE + "zone = 1\n", "[credentials]\n"))
    assert [line.split(": ")[0] for line in said.splitlines()] == ["site.toml:4", "site.toml:9", "secrets.toml:1"]


def test_a_missing_file_a_folder_and_a_pipe_are_named_and_nothing_waits(tmp_path: Path) -> None:
    assert mistakes(tmp_path / "site.toml") == (
        "site.toml: no such file; make a site with camwarden start or camwarden init, or from its ledger with "
        "camwarden ledger import; "
        "where there is one, give its path with --config FILE"
    )
    (tmp_path / "folder").mkdir()
    assert mistakes(tmp_path / "folder") == "folder: is not a file; give the path of the site file"
    os.mkfifo(tmp_path / "pipe")
    assert mistakes(tmp_path / "pipe") == "pipe: is not a file; give the path of the site file"


def test_a_huge_file_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert mistakes(path) == "site.toml: is larger than 8 MiB; give the path of the site file"


def test_deep_nesting_is_a_mistake_and_no_crash(tmp_path: Path) -> None:
    said = mistakes(write(tmp_path, f"{SITE}x = {'[' * 300}{']' * 300}\n"))
    assert "internal" not in said
    assert said.startswith("site.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not read the file")
def test_a_file_that_this_user_may_not_read_ends_with_the_permission_code() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        path = write(Path(name), SITE)
        path.chmod(0o600)
        os.seteuid(65534)
        try:
            with pytest.raises(ConfigForbidden) as caught:
                load(path)
        finally:
            os.seteuid(0)
    assert caught.value.exit_code == 77
    assert str(caught.value) == f"{path}: this user may not read it; run as root or as the user camwarden"


def test_the_exit_code_of_a_wrong_file_is_78(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[site]\n"))
    assert caught.value.exit_code == 78
    assert len(caught.value.problems) == 3


def test_storage_is_read_without_the_secrets(tmp_path: Path) -> None:
    path = write(tmp_path, SITE + DEVICE + '[storage]\nruntime = "/run/other"\n', SECRETS, 0o666)
    assert load_storage(path).runtime == Path("/run/other")
    with pytest.raises(ConfigError, match="runtime must be a path"):
        load_storage(write(tmp_path, "[storage]\nruntime = 5\n"))


def sample(tmp_path: Path, everything: bool = False) -> Site:
    text = (ROOT / "packaging/site.toml.sample").read_text("utf-8")
    if everything:
        text = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", text)
        for name in ("hub-ca.pem", "site.pem", "site-key.pem"):
            (tmp_path / name).touch()
        Authority(tmp_path).ca.rename(tmp_path / "camera-ca.pem")
        text = text.replace("tls = false", "tls = true")
        text = text.replace('source = "file"', 'source = "token"').replace('kind = "json"', 'kind = "dingtalk"')
    (tmp_path / "hub-jwks.json").write_text("{}")
    secrets = (ROOT / "packaging/secrets.toml.sample").read_text("utf-8")
    return load(write(tmp_path, text, secrets + '[credential.hub]\nuser = "site"\npassword = ""\n' + SIGNED + TOKEN))


def test_the_sample_shows_the_defaults(tmp_path: Path) -> None:
    site = sample(tmp_path)
    assert (site.probe, site.policy, site.storage) == (Probe(), Policy(), Storage())
    plain = Site(site.id, site.city, site.division)
    assert (site.name, site.period_s, site.discovery) == (plain.name, plain.period_s, plain.discovery)
    assert site.hub is not None
    assert site.hub == dataclasses.replace(site.hub, port=8883, tls=True, confirm="hub", ca=None, credential=None)


def test_a_site_whose_reports_are_carried_names_no_broker(tmp_path: Path) -> None:
    carried = load(write(tmp_path, f'{SITE}[hub]\nconfirm = "file"\n'))
    assert carried.hub is not None
    assert (carried.hub.host, carried.confirm) == ("", "file")
    with pytest.raises(ConfigError, match="host"):
        load(write(tmp_path, f'{SITE}[hub]\nconfirm = "broker"\n'))
    schema = Draft202012Validator(site_schema())
    site = {"id": "datong017", "city": "datong", "division": "140200"}
    assert list(schema.iter_errors({"site": site, "hub": {"confirm": "file"}})) == []
    assert list(schema.iter_errors({"site": site, "hub": {"confirm": "broker"}})) != []
    assert list(schema.iter_errors({"site": site, "hub": {}})) != []


def test_the_sample_names_every_option_of_every_table(tmp_path: Path) -> None:
    tables = site_tables(sample(tmp_path, everything=True))
    text = (ROOT / "packaging/site.toml.sample").read_text("utf-8")
    written = {(m[1] or m[2]) for m in re.finditer(r"(?m)^\s*(?:([a-z_0-9]+) =|# ([a-z_0-9]+) = )", text)}
    for table in tables.values():
        for row in table if isinstance(table, list) else [table]:
            assert isinstance(row, dict)
            missing = {key for key, value in row.items() if not isinstance(value, dict)} - written
            assert missing <= {"private_zone", "mute", "preset"}


def test_every_option_of_the_sample_has_its_comment() -> None:
    lines = (ROOT / "packaging/site.toml.sample").read_text("utf-8").splitlines()
    roof = lines.index('id = "roof"')  # the second camera repeats what the first explains
    bare = [
        line
        for before, line in pairwise(lines[:roof])
        if re.match(r"\s*(# )?[a-z_]+ = ", line) and not before.strip().startswith("#")
    ]
    assert bare == []


def test_what_show_prints_is_the_same_configuration_again(tmp_path: Path) -> None:
    site = sample(tmp_path, everything=True)
    again = load(write(tmp_path, toml_text(site_tables(site))))
    assert dataclasses.replace(again, digest=site.digest) == site


def test_hosts_are_names_or_addresses_and_nothing_else() -> None:
    good = ["192.0.2.1", "2001:db8::1", "cam-1.example.org", "localhost", "nvr_2"]
    bad = ["", "192.0.2.256", "1.2.3", "a b", "http://a", "u@h", "h:80", "-a", "a..b", "a/b", "x" * 64, "é.example"]
    assert [h for h in good if not is_host(h)] == []
    assert [h for h in bad if is_host(h)] == []
    assert [h for h in ("h:80", "[::1]:3702", "::1", "192.0.2.1") if not is_responder(h)] == []
    assert [h for h in ("h:0", "h:99999", "[::1]:0", "[h", "u@h:80") if is_responder(h)] == []


def test_no_broken_file_is_a_crash_and_no_message_holds_a_password(tmp_path: Path) -> None:
    """Five hundred ways to break the sample, by a seeded hand: each ends in messages, none in another exception."""
    hand = random.Random(1)
    whole = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "packaging/site.toml.sample").read_text("utf-8"))
    pieces = ["[", "]", "[[", "=", '"', "'", "{", "}", "\n", "-1", "nan", "[]", "{}", "\\", ",", "#", ".", "\r", "é"]
    values = [
        "5",
        '"x"',
        "[]",
        "{}",
        "[[1]]",
        "[{a=1}]",
        "true",
        "nan",
        "1979-05-27",
        '"\\u0000"',
        "-9e99",
        "{a={b=1}}",
    ]
    for _ in range(250):
        at = hand.randrange(len(whole))
        broken = whole[:at] + hand.choice(pieces) + whole[at + hand.choice([0, 1, 5]) :]
        lines = whole.splitlines()
        at = hand.randrange(len(lines))
        lines[at] = f"{lines[at].partition('=')[0]} = {hand.choice(values)}"
        for text in (broken, "\n".join(lines)):
            assert PASSWORD not in mistakes(write(tmp_path, f'{text}\npassword = "{PASSWORD}"\n'))
