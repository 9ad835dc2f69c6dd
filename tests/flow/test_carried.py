"""Reports carried by hand: `queue export`, `hub import --ack`, `queue import-ack`, all three as people run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from delivery import Maker, site

from agent.cli import main
from agent.contract.signing_keys import jwk_set, load_or_create_signer
from agent.hub.stores import signing_key
from agent.site.config.site import Hub


@pytest.mark.parametrize("name", ["batch", "batch.zip"])
def test_reports_carried_to_the_hub_are_confirmed_by_the_file_that_is_carried_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    data, home = tmp_path / "hub", tmp_path / "site"
    data.mkdir()
    home.mkdir()
    hub_key = load_or_create_signer(data / signing_key.KEY_NAME)
    jwks = home / "hub.jwks.json"
    jwks.write_text(json.dumps(jwk_set({hub_key.kid: hub_key.public})))
    config = home / "site.toml"
    config.write_text(
        f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n'
        f'[storage]\ndirectory = "{home}"\nruntime = "{home}"\n'
        f'[hub]\nhost = "hub.invalid"\nconfirm = "file"\njwks = "{jwks}"\n'
    )
    maker = Maker(home, site(hub=Hub("hub.invalid", confirm="file", jwks=jwks)))
    spool = maker.open()
    maker.cycle(spool)
    spool.close()

    def run(*words: str) -> tuple[int, str]:
        code = main([*words])
        return code, capsys.readouterr().out

    on_site = ("--config", str(config), "queue")
    assert run(*on_site, "export", str(tmp_path / name))[0] == 0
    assert run("hub", "trust", "add", "S1", maker.signer.kid, "--data", str(data))[0] == 0
    ack = tmp_path / "ack.json"
    code, out = run("hub", "import", str(tmp_path / name), "--ack", str(ack), "--data", str(data), "--json")
    assert (code, json.loads(out)["schema"]) == (0, "camwarden-hub-import/1")
    assert run(*on_site, "import-ack", str(ack))[0] == 0
    counts = json.loads(run(*on_site, "list", "--json")[1])["counts"]
    assert counts == {"event": {"confirmed": 1}, "health": {"confirmed": 1}}
    assert json.loads(run("hub", "status", "--data", str(data), "--json")[1])["sites"]["S1"]["confirmed"] == 2

    assert run("hub", "import", str(tmp_path / name), "--ack", str(ack), "--data", str(data))[0] == 0, "carried again"
    assert json.loads(run("hub", "status", "--data", str(data), "--json")[1])["sites"]["S1"]["verified"] == 2
