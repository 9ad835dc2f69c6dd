"""Decides what is saved and approved: the new site.toml, its difference, and which cameras may be marked. Pure.

Nobody approves in bulk: a camera is marked with the digest of each of its pictures, each of which was on the screen of
this session and is the newest of its path.
"""

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from agent.judge.wording.picture_words import path_word
from agent.model.finding import Json
from agent.onsite.masks_look import adopt
from agent.onsite.ui.pictures import is_old
from agent.onsite.ui.refusals import Changed, NotGranted
from agent.onsite.ui.screens import choice_of
from agent.onsite.ui.values import APPROVE_WITHIN_S, Mark, State
from agent.site.config.add_declaration import row_toml
from agent.site.toml.zone_tables import with_zones
from agent.text.harmless import printable
from agent.text.translate import render
from drivers.picture import LIVE

AROUND: Final = 3
"""Unchanged lines shown around a change."""
WHY_MAX_CHARS: Final = 500


def new_text(state: State) -> str:
    """Return site.toml with everything drawn and declared. Raises CannotMerge."""
    text = with_zones(state.text, state.drafts.values())
    if not state.declared:
        return text
    return text + ("" if text.endswith("\n") else "\n") + "".join(f"\n{row_toml(row)}" for row in state.declared)


def difference(before: str, after: str) -> list[Json]:
    """Return the changed lines with those around them: `same`, `add`, `remove`, and a `gap` between two places."""
    old, new = before.splitlines(), after.splitlines()
    rows: list[Json] = []
    for line in list(difflib.unified_diff(old, new, lineterm="", n=AROUND))[2:]:
        if line.startswith("@@"):
            rows += [{"kind": "gap", "text": ""}] if rows else []
        else:
            kind = {"+": "add", "-": "remove"}.get(line[:1], "same")
            rows.append({"kind": kind, "text": printable(line[1:])})
    return rows


def version_of(state: State) -> str:
    """Return a digest of all that a review decides on; who names another one has read another one."""
    marks = [[name, sorted(mark.pictures.items()), mark.why] for name, mark in sorted(state.marks.items())]
    return hashlib.sha256(json.dumps([state.digest, new_text(state), marks]).encode()).hexdigest()


def review_json(state: State, file: str, by: str, lang: str) -> dict[str, Json]:
    """Return the review: difference and cameras to approve. Raises CannotMerge."""
    return {
        "file": file,
        "version": version_of(state),
        "diff": difference(state.text, new_text(state)),
        "approvals": [_approval(state, name, mark, lang) for name, mark in sorted(state.marks.items())],
        "by": by,
    }


def _approval(state: State, name: str, mark: Mark, lang: str) -> Json:
    plain, choice = choice_of(state, name, ""), choice_of(state, name, "-")
    camera = next(one.camera for one in state.site.cameras if one.camera.id == name)
    status = {"hidden": "pass", "no-private-area": "not_applicable"}
    return {
        "camera": name,
        "name": camera.name,
        "status": status.get(choice.look.outcome, "unknown") if choice else "unknown",
        "needs_reason": plain is not None and plain.refusal is not None,
        "why": mark.why,
        "words": adopt.message_of(choice, lang) if choice else "",
    }


def marked(state: State, camera_id: str, body: Mapping[str, Any], now: datetime, lang: str) -> State:
    """Return the state with a camera marked for approval, or with its mark taken back.

    Raises:
        Changed: A named picture is not the newest of its path any more, or all are too old.
        NotGranted: A picture was not on screen, a reason is missing, or the camera may not be approved.
    """
    if body.get("unmark") is True:
        return replace(state, marks={name: mark for name, mark in state.marks.items() if name != camera_id})
    pictures, why = body.get("pictures", body.get("picture")), body.get("why", "")
    if not isinstance(pictures, dict) or not all(isinstance(one, str) for one in pictures.values()):
        raise NotGranted("name the picture of each path that was on screen")
    why = reason_of(why)
    kept = {one.picture.path: one for one in state.of_camera(camera_id)}
    if not kept:
        raise NotGranted("there is no picture of this camera: look again")
    for path, one in kept.items():
        if pictures.get(path) is None:
            raise NotGranted("the picture of path {path} was not on screen: open it first", path=path_word(path))
        if pictures[path] != one.digest:
            raise Changed("the picture of path {path} is another one now: look at it again", path=path_word(path))
        if (camera_id, path, one.digest) not in state.shown:
            raise NotGranted("the picture of path {path} was not on screen: open it first", path=path_word(path))
        if path in LIVE and is_old(one, now, APPROVE_WITHIN_S):
            raise Changed("the pictures are older than half an hour: look again")
    require_approvable(state, camera_id, why, lang)
    return replace(state, marks={**state.marks, camera_id: Mark(dict(pictures), why)})


def require_approvable(state: State, camera_id: str, why: str, lang: str) -> None:
    """Check that a camera may be approved with this reason. Raises NotGranted with the words of `camwarden masks`."""
    choice, with_reason = choice_of(state, camera_id, why), choice_of(state, camera_id, "-")
    if choice is None:
        raise NotGranted("this camera was not looked at yet: look again")
    if choice.refusal is not None and with_reason is not None and with_reason.refusal is None:
        raise NotGranted("write why its zones are hidden all the same: pictures alone cannot tell")
    if choice.refusal is not None:
        raise NotGranted("{camera} is not approved: {why}", camera=camera_id, why=render(choice.refusal, lang))


def reason_of(value: object) -> str:
    """Parse a person's reason. Raises NotGranted."""
    if not isinstance(value, str) or len(value) > WHY_MAX_CHARS:
        raise NotGranted("a reason must be a text of at most {most} characters", most=WHY_MAX_CHARS)
    return printable(value.strip())


def chosen(state: State, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cameras of a review that are approved: marked ones only.

    Raises:
        Changed: The review is another one by now.
        NotGranted: A named camera is not marked.
    """
    if body.get("version") != version_of(state):
        raise Changed("what is reviewed has changed meanwhile: read it again")
    ids = body.get("approve", [])
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise NotGranted("approve must be a list of cameras")
    strange = next((one for one in ids if one not in state.marks), None)
    if strange is not None:
        raise NotGranted("{camera} was not marked for approval: look at its pictures first", camera=printable(strange))
    return tuple(dict.fromkeys(ids))


def without_marks(state: State, ids: Iterable[str]) -> State:
    """Return the state without the marks of cameras whose pictures or zones have changed."""
    gone = set(ids)
    return replace(state, marks={name: mark for name, mark in state.marks.items() if name not in gone})
