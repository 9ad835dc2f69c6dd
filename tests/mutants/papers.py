"""The defences of what is handed on (reports, bundles, pages, tables), each taken out alone."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_ADDRESSES: Final = "test_handover_report.py::test_addresses_and_serial_numbers_are_left_out_unless_they_are_wanted"
_BROWSER: Final = "test_check_pdf.py::test_a_browser_is_never_root_and_never_without_its_sandbox"
_SELF_TEST: Final = "test_link_certificate.py::"
_ARCHIVE: Final = "agent/verify/archive.py"


def _taken_apart(name: str, text: str) -> Mutant:
    return Mutant(
        name=name,
        row="sends a hostile report or ZIP",
        file=_ARCHIVE,
        text=f"        if {text}:\n",
        mutated="        if False:\n",
        test="test_filing_packed.py::test_a_hostile_zip_is_not_taken_apart",
    )


def _policy(page: str, file: str) -> Mutant:
    """Have a page say nothing of what it may run and fetch."""
    return Mutant(
        name=f"policy-{page}",
        row="gets a script, or a picture from elsewhere",
        file=file,
        text='<meta http-equiv="Content-Security-Policy"',
        mutated='<meta name="policy"',
        test=f"test_page_policy.py::test_what_got_into_a_page_is_not_run_and_asks_nobody[{page}]",
    )


def _text(page: str) -> Mutant:
    return Mutant(
        name=f"text-{page}",
        row="gets a script, or a picture from elsewhere",
        file="agent/onsite/handover/templates.py",
        text="autoescape=True",
        mutated="autoescape=False",
        test=f"test_page_policy.py::test_what_somebody_named_is_text_in_each_page[{page}]",
    )


PAPERS: Final = (
    _policy("hub", "agent/onsite/handover/hub_page.html.j2"),
    _policy("sheet", "agent/onsite/handover/sheet.html.j2"),
    _policy("report", "agent/onsite/handover/report.html.j2"),
    _policy("dossier", "agent/onsite/filing/page.html.j2"),
    _policy("self-test", "agent/onsite/link/certificate.html.j2"),
    _text("hub"),
    _text("sheet"),
    _text("report"),
    _text("dossier"),
    _text("self-test"),
    Mutant(
        name="known-addresses",
        row="looks for addresses, serial numbers",
        file="agent/onsite/one_look/anonymise.py",
        text="    for kind, value in _identifying(checked):\n",
        mutated="    for kind, value in ():\n",
        test=_ADDRESSES,
    ),
    Mutant(
        name="addresses-in-names",
        row="looks for addresses, serial numbers",
        file="agent/onsite/one_look/anonymise.py",
        text="        for kind, pattern in _PATTERNS:\n",
        mutated="        for kind, pattern in ():\n",
        test=_ADDRESSES,
    ),
    Mutant(
        name="bundle-secrets",
        row="looks for secrets in a support bundle",
        file="agent/onsite/bundle/packing.py",
        text="    clean = without(text, secrets).encode",
        mutated="    clean = text.encode",
        test="test_bundle.py::test_no_secret_no_key_and_no_picture_is_in_the_archive",
    ),
    Mutant(
        name="bundle-last-net",
        row="looks for secrets in a support bundle",
        file="agent/onsite/bundle/packing.py",
        text="    if holds_any(clean, secrets):\n",
        mutated="    if False:\n",
        test="test_bundle.py::test_a_secret_that_survives_costs_its_item_not_the_site",
    ),
    Mutant(
        name="traceback",
        row="looks for secrets in a traceback",
        file="agent/cli.py",
        text='redact("".join(traceback.format_exception(error)))',
        mutated='"".join(traceback.format_exception(error))',
        test="test_cli.py::test_a_traceback_is_for_those_who_ask_and_without_secrets",
    ),
    Mutant(
        name="sealed-report",
        row="changes a report and passes it on",
        file="agent/verify/html_seal.py",
        text="        verify(payload, jws, {key.kid: key}, HANDOVER_TYP)\n",
        mutated="        pass\n",
        test="test_handover_seal.py::test_no_byte_can_be_changed_dropped_or_added",
    ),
    Mutant(
        name="dossier-of-an-unknown-key",
        row="signs a report of his own",
        file="agent/verify/paper.py",
        text="    if not wrong and not known:\n",
        mutated="    if False:\n",
        test="test_filing_packed.py::test_who_signs_it_anew_is_not_who_signed_it",
    ),
    Mutant(
        name="paper-key-ended",
        row="signs a paper of a site (dossier, self-test) with a key of another site",
        file="agent/verify/judge.py",
        text="        if made_at is None or made_at > datetime.fromisoformat(end):\n",
        mutated="        if False:\n",
        test=_SELF_TEST + "test_a_key_of_another_site_or_one_that_had_ended_before_is_told",
    ),
    Mutant(
        name="paper-key-of-another-site",
        row="signs a paper of a site (dossier, self-test) with a key of another site",
        file="agent/verify/paper.py",
        text="            refuse_another_site(believed, signed.site, signed.key.kid)\n",
        mutated="            pass\n",
        test=_SELF_TEST + "test_a_key_of_another_site_or_one_that_had_ended_before_is_told",
    ),
    Mutant(
        name="paper-kind",
        row="passes the signature of a dossier off as that of a self-test",
        file="agent/verify/paper.py",
        text="{key.kid: key}, kind.manifest.typ)",
        mutated="{key.kid: key}, read_header(jws).typ)",
        test=_SELF_TEST + "test_a_manifest_of_a_dossier_makes_no_self_test_of_it",
    ),
    Mutant(
        name="self-test-addresses",
        row="looks for addresses, passwords or a picture on the page of a self-test",
        file="agent/onsite/link/certificate.py",
        text="    return cast(LinkResult, without_addresses(result, result.address))\n",
        mutated="    return cast(LinkResult, result)\n",
        test=_SELF_TEST + "test_no_secret_no_address_and_no_picture_is_in_any_file",
    ),
    Mutant(
        name="browser-as-root",
        row="gets words or a picture into a report",
        file="agent/commands/check/pdf.py",
        text='    return (account("nobody") or (OVERFLOW_ID, OVERFLOW_ID)) if is_root() else None\n',
        mutated="    return None\n",
        test=_BROWSER,
    ),
    Mutant(
        name="browser-sandbox",
        row="gets words or a picture into a report",
        file="agent/commands/check/pdf.py",
        text="    return [printer.program, *QUIET,",
        mutated='    return [printer.program, "--no-sandbox", *QUIET,',
        test=_BROWSER,
    ),
    _taken_apart("archive-names", "name != info.filename or not _inside(name)"),
    _taken_apart("archive-twice", "name in entries"),
    _taken_apart("archive-links", "kind not in (0, stat.S_IFREG, stat.S_IFDIR)"),
    Mutant(
        name="archive-size",
        row="sends a hostile report or ZIP",
        file=_ARCHIVE,
        text="    if size > most:\n",
        mutated="    if False:\n",
        test="test_filing_packed.py::test_a_hostile_zip_is_not_taken_apart",
    ),
    Mutant(
        name="formula",
        row="gets his formula into a spreadsheet",
        file="agent/text/harmless.py",
        text="""f"'{text}" if is_formula(text) else text""",
        mutated="text",
        test="test_check_command.py::test_no_cell_of_the_spreadsheet_is_a_formula_and_excel_reads_its_chinese",
    ),
)
