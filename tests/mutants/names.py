"""The defences of people's names: out of reports, nobody else's to tell, and gone for good once they are erased."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_REPORTS: Final = "(who reads reports, a log or a case) looks for a name that was erased"
_TRIES: Final = "(who has reports) tries names against the ids in them"
_FORGED: Final = "(site, or who may publish) says whose an id is"
_BACK: Final = "(site, broker, or a restore) brings an erased name back"
_STORE: Final = "agent/hub/stores/keeping/authors.py"
_HUB: Final = "test_hub_names.py::"
_CONTRACT: Final = "agent/contract/authors.py"

NAMES: Final = (
    Mutant(
        name="names-in-reports",
        row=_REPORTS,
        file="agent/service/cycle/cycle.py",
        text="        noted.contested, ids,\n",
        mutated="        noted.contested,\n",
        test="test_names_erased.py::test_a_name_that_is_erased_is_nowhere_at_the_hub_and_stays_so",
    ),
    Mutant(
        name="names-overlooked",
        row="(a mistake of ours) leaves somebody without an id",
        file="agent/report/authors.py",
        text="ids.get(value, NOBODYS)",
        mutated="ids.get(value, value)",
        test="test_report_authors.py::test_whoever_was_overlooked_has_no_name",
    ),
    Mutant(
        name="names-tried",
        row=_TRIES,
        file=_CONTRACT,
        text="hmac.new(key, ",
        mutated='hmac.new(b"", ',
        test="test_authors.py::test_an_id_is_of_one_person_at_one_site_under_one_key",
    ),
    Mutant(
        name="names-of-another-site",
        row=_FORGED,
        file=_CONTRACT,
        text="    if any(_site_of(author) != found.site for author in found.names):\n",
        mutated="    if False:\n",
        test=f"{_HUB}test_a_forged_or_hostile_message_is_refused_and_in_no_file",
    ),
    Mutant(
        name="names-hostile",
        row=_FORGED,
        file=_CONTRACT,
        text=" and name.isprintable()",
        mutated="",
        test=f"{_HUB}test_a_forged_or_hostile_message_is_refused_and_in_no_file",
    ),
    Mutant(
        name="names-of-nobody-trusted",
        row=_FORGED,
        file="agent/hub/workers/intake.py",
        text="            answers.refuse_unknown(address)\n",
        mutated="",
        test=f"{_HUB}test_what_nobody_vouches_for_is_refused_and_in_no_file",
    ),
    Mutant(
        name="names-borrowed",
        row=_FORGED,
        file="agent/hub/workers/intake.py",
        text="        claim = with_own_authors(claim)\n",
        mutated="",
        test=f"{_HUB}test_another_sites_id_in_a_report_names_nobody",
    ),
    Mutant(
        name="names-in-flood",
        row="(site) fills the hub's disk with names",
        file=_STORE,
        text="        fresh = fresh[: max(0, OF_SITE_MOST - len(known))]\n",
        mutated="",
        test="test_port_authors.py::test_a_site_that_tells_ever_more_people_fills_no_disk",
    ),
    Mutant(
        name="names-backed-up",
        row="(who has a backup of the hub) looks for a name in it",
        file="agent/hub/stores/keeping/backup.py",
        text="*SIDECARS, NAMES)",
        mutated="*SIDECARS)",
        test=f"{_HUB}test_no_backup_has_a_name_and_a_restore_brings_none_back",
    ),
    Mutant(
        name="names-in-free-pages",
        row="(who may read the hub's disk) looks for what was moved",
        file=_STORE,
        text='            db.execute("VACUUM")\n',
        mutated="            pass\n",
        test="test_hub_authors.py::test_no_copy_of_an_erased_name_is_left_in_a_page",
    ),
    Mutant(
        name="names-told-again",
        row=_BACK,
        file=_STORE,
        text=" and one not in erased]",
        mutated="]",
        test=f"{_HUB}test_an_erased_name_comes_back_by_no_message_old_or_new",
    ),
    Mutant(
        name="names-replayed",
        row=_BACK,
        file=_STORE,
        text="        if ts <= newest and abs(now - names.at) > CLOCKS_DIFFER:\n",
        mutated="        if False:\n",
        test=f"{_HUB}test_an_erased_name_comes_back_by_no_message_old_or_new",
    ),
    Mutant(
        name="names-restored",
        row=_BACK,
        file="agent/hub/stores/keeping/restore.py",
        text="                if name == ERASED:",
        mutated="                if False:",
        test=f"{_HUB}test_no_backup_has_a_name_and_a_restore_brings_none_back",
    ),
)
