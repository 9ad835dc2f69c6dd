"""The defences of the local page: who comes in, from which page, what is approved and saved; each taken out alone."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_SESSION: Final = "agent/onsite/ui/session.py"
_REVIEW: Final = "agent/onsite/ui/reviewing.py"
_ATTACKS: Final = "test_ui_attacks.py::"
_SAVING: Final = "test_ui_saving.py::"
_POST: Final = f"{_ATTACKS}test_a_post_of_another_page_is_refused_with_the_right_token_too"
_TOKEN: Final = f"{_ATTACKS}test_without_the_token_nothing_is_answered"


def _code(name: str, file: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(name=name, row="guesses the code", file=file, text=text, mutated=mutated, test=_ATTACKS + test)


def _unseen(name: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(
        name=name, row="approves forty cameras", file=_REVIEW, text=text, mutated=mutated, test=_SAVING + test
    )


def _below(name: str, file: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(name=name, row="draws in two tabs", file=file, text=text, mutated=mutated, test=_SAVING + test)


def _script(name: str, file: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(
        name=name, row="is in a hurry", file=f"agent/onsite/ui/page/{file}", text=text, mutated=mutated,
        test=f"test_page_use.py::{test}",
    )  # fmt: skip


LOCAL_PAGE: Final = (
    _code(
        "ui-code-once", _SESSION, '    used = replace(gate, code="")\n', "    used = gate\n", "test_a_code_is_good_once"
    ),
    _code(
        "ui-code-late", _SESSION, "    if now_mono > gate.code_until_mono:\n", "    if False:\n",
        "test_a_code_is_good_for_a_minute_and_then_used_up",
    ),
    _code(
        "ui-code-none", _SESSION, "    if not gate.code or not _same(gate.code, code):\n",
        "    if not _same(gate.code, code):\n", "test_no_code_is_not_a_code",
    ),
    _code(
        "ui-token-hours", _SESSION, "    return right and in_time and scheme", "    return right and scheme",
        "test_a_token_counts_for_its_address_and_for_its_time_alone",
    ),
    _code(
        "ui-token-address", _SESSION, " and address == gate.address", "",
        "test_a_token_counts_for_its_address_and_for_its_time_alone",
    ),
    _code(
        "ui-one-client", "agent/onsite/ui/entrance.py", "granted and self._bind(address)", "granted",
        "test_a_page_that_is_another_clients_takes_no_code",
    ),
    Mutant(
        name="ui-origin", row="has another page", file=_SESSION,
        text='    if headers.get("origin", "") != own:\n', mutated="    if False:\n", test=_POST,
    ),
    Mutant(
        name="ui-fetch-site", row="has another page", file=_SESSION,
        text='    if headers.get("sec-fetch-site", "") != "same-origin":\n', mutated="    if False:\n", test=_POST,
    ),
    Mutant(
        name="ui-json", row="has another page", file=_SESSION,
        text='"content-type", "").partition(";")[0].strip().lower() != "application/json"',
        mutated='"content-type", "x") == ""', test=_POST,
    ),
    Mutant(
        name="ui-token", row="asks the local page", file=_SESSION,
        text="    right = _same(gate.token, token) and bool(gate.token)\n",
        mutated="    right = bool(gate.token)\n", test=_TOKEN,
    ),
    Mutant(
        name="ui-token-bearer", row="asks the local page", file=_SESSION,
        text=' and scheme == "Bearer"', mutated="", test=_TOKEN,
    ),
    Mutant(
        name="ui-names", row="is a device, and calls itself", file="agent/onsite/ui/routes.py",
        text='status, media_type="application/json")', mutated='status, media_type="text/html")',
        test=f"{_ATTACKS}test_names_of_devices_and_cameras_are_text_of_json",
    ),
    _unseen(
        "ui-unseen", "        if (camera_id, path, one.digest) not in state.shown:\n", "        if False:\n",
        "test_a_picture_that_was_not_on_screen_approves_nothing",
    ),
    _unseen(
        "ui-other-picture", "        if pictures[path] != one.digest:\n", "        if False:\n",
        "test_pictures_of_another_look_approve_nothing",
    ),
    _unseen(
        "ui-yesterday", "        if path in LIVE and is_old(one, now, APPROVE_WITHIN_S):\n", "        if False:\n",
        "test_pictures_of_yesterday_approve_nothing",
    ),
    _unseen(
        "ui-bulk", "    strange = next((one for one in ids if one not in state.marks), None)\n",
        "    strange = None\n", "test_nobody_approves_in_bulk_or_what_was_not_marked",
    ),
    _unseen(
        "ui-bare", "    require_approvable(state, camera_id, why, lang)\n", "",
        "test_what_shows_something_private_is_not_approved_whatever_the_reason",
    ),
    _below(
        "ui-changed", "agent/onsite/ui/desk.py",
        "        if hashlib.sha256(self._site_file()).hexdigest() != self.state.digest:\n", "        if False:\n",
        "test_a_file_that_was_changed_underneath_is_not_overwritten",
    ),
    _below(
        "ui-reload", "agent/onsite/ui/desk.py", "            accept_drawn(self.place.config, text.encode(), raw)\n", "",
        "test_a_file_in_which_more_than_drawings_changed_is_not_loaded_anew",
    ),
    _below(
        "ui-stale-tile", "agent/onsite/ui/desk.py", "            self._renew(name)\n        return screens.wall_json",
        "            pass\n        return screens.wall_json",
        "test_no_tile_says_of_a_zone_that_moved_what_was_true_before",
    ),
    _below(
        "ui-two-tabs", "agent/onsite/ui/desk.py",
        '            if body.get("version") != screens.version_of(self.state, camera_id):\n', "            if False:\n",
        "test_two_tabs_do_not_overwrite_each_others_drawing",
    ),
    _below(
        "ui-review", _REVIEW, '    if body.get("version") != version_of(state):\n', "    if False:\n",
        "test_a_review_that_changed_since_it_was_read_saves_nothing",
    ),
    _below(
        "ui-edit", "agent/onsite/ui/desk.py", "        if not self.place.may_edit:\n", "        if False:\n",
        "test_a_session_that_may_not_draw_approves_and_draws_nothing",
    ),
    _script(
        "page-below-the-fold", "camera_look.js", "found.filter((one) => one.intersectionRatio >= 0.5)", "found",
        "test_pictures_below_the_fold_are_not_approved_unseen",
    ),
    _script(
        "page-reason", "camera_look.js", "if (camera.needs_reason && !why.value.trim()) {", "if (false) {",
        "test_a_failing_zone_needs_a_reason",
    ),
    _script(
        "page-old", "age.js", 'classList.toggle("old", seconds > OLD_S)', 'classList.toggle("old", false)',
        "test_a_picture_older_than_a_minute_is_greyed_and_says_its_age",
    ),
    _script(
        "page-live-hidden", "live.js", "if (document.hidden) stop();", "",
        "test_live_asks_again_only_after_the_picture_is_painted_and_ends_with_the_screen",
    ),
    _script(
        "page-leaving", "main.js", "if (view.dirty?.() && !window.confirm(", "if (false && !window.confirm(",
        "test_leaving_a_drawing_asks_first",
    ),
)  # fmt: skip
