"""The defences of an upgrade that the hub names: at the service, at root's program, and at the hub itself."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

UPGRADES: Final = (
    Mutant(
        name="upgrade-allowed",
        row="(hub) names a version of the agent where",
        file="agent/site/duties/agent_version.py",
        text="    if not is_allowed:\n        return",
        mutated="    if False:\n        return",
        test="test_wanted_version.py::test_a_site_that_says_nothing_refuses_a_version_and_its_policy_stays",
    ),
    Mutant(
        name="upgrade-upwards",
        row="(hub) names an older version",
        file="agent/site/duties/agent_version.py",
        text="named != before.get(NAME) and is_newer(running, str(named))",
        mutated="False",
        test="test_wanted_version.py::test_an_older_version_is_refused_and_the_same_one_asks_for_nothing",
    ),
    Mutant(
        name="upgrade-signed-folder",
        row="(hub, or who has its key) wants his own code",
        file="packaging/upgrade.py",
        text='f"Dir::Etc::sourcelist={SOURCES}",',
        mutated='f"Dir::Etc::sourcelist={SOURCES.parents[1]}/sources.list",',
        test="test_upgrade.py::test_another_key_no_signature_and_another_source_install_nothing",
    ),
    Mutant(
        name="upgrade-root-allows",
        row="(who has broken into the service) names a version himself",
        file="packaging/upgrade.py",
        text="    if not bounds.allow:\n",
        mutated="    if False:\n",
        test="test_upgrade.py::test_nothing_is_installed_where_roots_file_does_not_allow_it",
    ),
    Mutant(
        name="upgrade-root-file",
        row="(who has broken into the service) names a version himself",
        file="packaging/upgrade.py",
        text=" and not seen.st_mode & 0o022",
        mutated="",
        test="test_upgrade.py::test_a_site_file_that_others_may_write_allows_nothing",
    ),
    Mutant(
        name="upgrade-no-link",
        row="(who has broken into the service) puts a link",
        file="packaging/upgrade.py",
        text="os.O_NOFOLLOW | ",
        mutated="",
        test="test_upgrade.py::test_a_file_is_taken_only_as_its_owners_own_regular_one",
    ),
    Mutant(
        name="upgrade-form",
        row="(who has broken into the service) writes words for apt",
        file="packaging/upgrade.py",
        text="    if RELEASE.fullmatch(wanted) is None:\n",
        mutated="    if RELEASE.match(wanted) is None:\n",
        test="test_upgrade.py::test_hostile_words_in_the_file_reach_no_program_and_no_hub",
    ),
    Mutant(
        name="upgrade-stops",
        row="(a bad release) is named to every site",
        file="agent/hub/domain/upgrades.py",
        text="        if rises(bad, len(named), others_bad, len(others)):\n",
        mutated="        if False:\n",
        test="test_hub_upgrades.py::test_it_stops_by_itself_where_a_named_site_goes_silent_and_takes_back_what_does_not_run",
    ),
)
