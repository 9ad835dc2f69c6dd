"""The defences of a stolen gateway, each taken out alone."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_PICTURES: Final = (
    "test_adversary_gateway.py::"
    "test_who_takes_a_gateway_away_finds_grey_views_and_the_sheet_of_adopt_and_no_other_picture"
)


def _refused_handover(name: str, text: str, test: str, mutated: str = "") -> Mutant:
    return Mutant(
        name=name,
        row="speaks with a key that was revoked",
        file="agent/hub/stores/trust.py",
        text=text,
        mutated=mutated,
        test=f"test_hub_rotation.py::{test}",
    )


GATEWAY: Final = (
    Mutant(
        name="token-extractable",
        row="reads the report key",
        file="agent/deliver/keys/pkcs11.py",
        text="Attribute.EXTRACTABLE: False,",
        mutated="Attribute.EXTRACTABLE: True,",
        test="test_pkcs11.py::test_a_key_is_made_in_the_token_and_cannot_be_taken_out",
    ),
    Mutant(
        name="token-sensitive",
        row="reads the report key",
        file="agent/deliver/keys/pkcs11.py",
        text="Attribute.SENSITIVE: True,",
        mutated="Attribute.SENSITIVE: False,",
        test="test_pkcs11.py::test_a_key_is_made_in_the_token_and_cannot_be_taken_out",
    ),
    Mutant(
        name="revoked-key",
        row="speaks with a key that was revoked",
        file="agent/verify/bindings.py",
        text="        if binding.revoked_at:\n",
        mutated="        if False:\n",
        test="test_hub_rotation.py::test_a_revoked_key_and_an_unknown_one_hand_nothing_over",
    ),
    _refused_handover(
        "rotate-of-a-revoked-key",
        '            or Trust({kid: old}).decide(site, kid) != "trusted"\n',
        "test_a_person_who_revoked_a_key_a_moment_ago_is_not_overruled",
    ),
    _refused_handover(
        "rotate-twice",
        "            or (old.rotated and old.rotated.to != limit.to)\n",
        "test_a_key_that_has_named_its_successor_names_no_other",
    ),
    _refused_handover(
        "rotate-to-another-site", "new.site != site or ", "test_a_key_that_another_site_uses_is_not_bound"
    ),
    _refused_handover(
        "rotate-to-a-revoked-key",
        " or new.revoked_at)):\n",
        "test_a_key_that_a_person_revoked_takes_over_from_no_other",
        ")):\n",
    ),
    _refused_handover(
        "rotate-for-longer",
        "until=old.until, ",
        "test_a_successor_is_trusted_no_longer_than_the_key_that_named_it",
    ),
    Mutant(
        name="view-mode",
        row="looks for pictures",
        file="agent/observe/approvals/approvals.py",
        text="indent=1).encode(), 0o600)",
        mutated="indent=1).encode(), 0o644)",
        test=_PICTURES,
    ),
    Mutant(
        name="views-folder",
        row="looks for pictures",
        file="agent/observe/approvals/approvals.py",
        text="        folder.chmod(0o700)\n",
        mutated="        folder.chmod(0o755)\n",
        test=_PICTURES,
    ),
    Mutant(
        name="sheet-mode",
        row="looks for pictures",
        file="agent/commands/masks/approving.py",
        text="                write_atomic(path, html, 0o600)\n",
        mutated="                write_atomic(path, html, 0o644)\n",
        test=_PICTURES,
    ),
    Mutant(
        name="clone",
        row="runs it somewhere else",
        file="agent/deliver/spool/confirm.py",
        text='                database.set_meta(restored=f"{stream}:{head.seq} of epoch {mark.epoch}")\n',
        mutated="                pass\n",
        test="test_fault_identity.py::"
        "test_a_clone_beside_the_original_begins_an_epoch_of_its_own_and_neither_loses_a_report",
    ),
)
