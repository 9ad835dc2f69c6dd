"""The defences that keep the name and the picture of a secret camera on the site, each way out taken by itself."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_ROW: Final = "looks for what a camera that is declared secret"
_WALK: Final = "test_secret_everywhere.py::test_no_way_out_names_a_secret_camera"
_PICTURES: Final = "test_secret_everywhere.py::test_no_paper_that_leaves_the_site_holds_its_picture"


def _named(name: str, file: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(name=f"secret-{name}", row=_ROW, file=file, text=text, mutated=mutated, test=test)


SECRECY: Final = (
    _named(
        "reports",
        "agent/report/build.py",
        "    site, findings = nameless(site, today), ",
        "    site, findings = site, ",
        f"{_WALK}[reports, and with them hub, hub pages and hub case]",
    ),
    _named(
        "findings",
        "agent/service/cycle/cycle.py",
        "tuple(without_said(one, secret) for one in run_checks(",
        "tuple(one for one in run_checks(",
        "test_secret_everywhere.py::test_no_finding_of_the_service_spells_a_part_of_its_name",
    ),
    _named(
        "status-file",
        "agent/service/daemon/loop.py",
        "    told = nameless(standing.site, local_day(site, at))",
        "    told = standing.site",
        f"{_WALK}[status file]",
    ),
    _named(
        "notices",
        "agent/service/daemon/loop.py",
        "        site = nameless(site, local_day(site, at))\n",
        "",
        f"{_WALK}[webhook: notices and digest]",
    ),
    _named(
        "looks",
        "agent/commands/check/looking.py",
        "    return without_secrets(replace(",
        "    return (replace(",
        f"{_WALK}[check --json]",
    ),
    _named(
        "list",
        "agent/commands/findings/command.py",
        "    told = nameless(site, local_day(site, now))\n",
        "    told = site\n",
        f"{_WALK}[findings]",
    ),
    _named(
        "form",
        "agent/commands/findings/dispute.py",
        "    shown = nameless(site, local_day(site, now))\n",
        "    shown = site\n",
        f"{_WALK}[findings form]",
    ),
    _named(
        "sheet",
        "agent/commands/masks/looking.py",
        "    return nameless(site, local_day(site, utc_now()))",
        "    return site",
        f"{_WALK}[masks adopt --sheet]",
    ),
    _named(
        "sheet-elsewhere",
        "agent/commands/masks/approving.py",
        "secret if args.sheet is not None else ()",
        "()",
        f"{_PICTURES}[masks adopt --sheet]",
    ),
    _named(
        "report-picture",
        "agent/commands/check/pictures.py",
        "        if is_secret(site, camera.camera.id, local_day(site, seen.taken_at)):\n",
        "        if False:\n",
        f"{_PICTURES}[check --report]",
    ),
    _named(
        "filing",
        "agent/onsite/filing/clocks.py",
        "with_floors(replace(nameless(site, today), ",
        "with_floors(replace(site, ",
        f"{_WALK}[filing compare]",
    ),
    _named(
        "ledger",
        "agent/commands/ledger/export.py",
        "without_places(rows(tables, seen, today), secret)",
        "rows(tables, seen, today)",
        f"{_WALK}[ledger export]",
    ),
    _named(
        "reasons",
        "agent/commands/findings/say.py",
        "    if any(hidden(secret)(text) != text for text in (args.by, args.why)):\n",
        "    if False:\n",
        "test_secret_everywhere.py::test_no_reason_that_goes_to_the_hub_may_name_it",
    ),
)
