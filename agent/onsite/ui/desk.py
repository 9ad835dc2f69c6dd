"""Runs what the page requests for one site: looks, judgements, drafts in memory, and saving after a review.

What is decided is decided in the pure modules beside it; here are the threads, the worker, the clock and the files.
Nothing but `save` writes site.toml, and it writes nothing else but approvals.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.judge.wording.picture_words import path_word
from agent.judge.zone_words import ZoneWord, drawn_words
from agent.model.errors import os_words
from agent.model.finding import Json, Message
from agent.observe.approvals.approvals import Approval, read_approvals
from agent.observe.facts.facts import Facts
from agent.observe.pictures.judge import Judge
from agent.onsite.masks_look.look import look_again
from agent.onsite.masks_look.seen import CameraLook
from agent.onsite.masks_look.storing import store_approval
from agent.onsite.ui import changes, pictures, reviewing, screens
from agent.onsite.ui.card_desk import card_json
from agent.onsite.ui.drawn import drafted
from agent.onsite.ui.looking import fresh_picture, look, part_of
from agent.onsite.ui.refusals import Changed, NotAllowed, NotFound, NotGranted
from agent.onsite.ui.replacing import accept_drawn
from agent.onsite.ui.values import Kept, Rendered, State
from agent.service.cycle.environment import Environment
from agent.site.config.load import load_text
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import Declaration, local_day
from drivers.credentials import Credentials
from drivers.picture import PathName, ZoneVerdict
from masking.worker.study import THUMBNAIL_PX

log = logging.getLogger("camwarden.ui")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the page's process is given from outside.

    `by`: the person, by name. `judge` answers a person at once, `look_judge` the look beside it. `save`: replaces
    site.toml by a text, if its digest still is the given one; raises Changed. `note`: records that a bare picture of a
    camera and path was opened. `may_edit`: whether this session may draw and declare.
    """

    config: Path
    by: str
    clock: Callable[[], datetime]
    credentials: Credentials
    judge: Judge
    look_judge: Judge
    save: Callable[[str, str], None]
    note: Callable[[str, str], None] = field(default=lambda camera, path: None)
    may_edit: bool = True


class Desk:
    """The state of one page and what changes it. Thread-safe: requests come on several threads."""

    def __init__(self, place: Place, site: Site, text: str, digest: str) -> None:
        self.place = place
        approvals = read_approvals(site.storage.directory, site.id)
        self.state = State(text=text, digest=digest, site=site, approvals=approvals)
        self._swapping = threading.Lock()
        self._working = threading.Lock()
        self._live = threading.Lock()
        self._looker: threading.Thread | None = None
        self._fresh: Rendered | None = None

    def _change(self, change: Callable[[State], State]) -> State:
        with self._swapping:
            self.state = change(self.state)
            return self.state

    # Looking

    def start_look(self, ids: Collection[str] = ()) -> State:
        """Look at cameras, all where none is named, on a thread of its own; a look that runs goes on instead."""
        part = part_of(self._drawn_site(self.state), ids)
        with self._swapping:
            if not self.state.progress.running:
                self.state = changes.begun(self.state, part)
                self._looker = threading.Thread(target=self._look, args=(part,), name="ui look", daemon=True)
                self._looker.start()
            return self.state

    def wait_for_look(self, timeout_s: float) -> bool:
        """Wait until no look runs; return whether that came true in time."""
        if self._looker is not None:
            self._looker.join(timeout_s)
        return not self.state.progress.running

    def _look(self, part: Site) -> None:
        words: Message = Message("the look has failed: see the log")
        try:
            told, fetched = look(
                part, self.place.credentials, self.place.clock, lambda: None, lambda _: self._one_more()
            )
            self._change(lambda state: changes.with_words(state, Message("pictures are judged")))
            approvals = read_approvals(part.storage.directory, part.id)
            found = look_again(part, told, fetched, approvals, self._environment(self.place.look_judge))
            self._change(lambda state: changes.with_look(state, part, told, fetched, found, approvals))
            words = Message("{count} cameras were looked at", {"count": len(part.cameras)})
        except Exception as error:  # noqa: BLE001 - the page stays; what a device said may be in it: only its kind is told
            log.error("the look has failed: %s", type(error).__name__)
        at = self.place.clock()
        self._change(lambda state: replace(state, progress=replace(state.progress, running=False, words=words, at=at)))

    def _one_more(self) -> None:
        self._change(changes.with_one_more)

    def _environment(self, judge: Judge) -> Environment:
        return Environment(self.place.credentials, judge, self.place.clock)

    @staticmethod
    def _drawn_site(state: State) -> Site:
        drawn = tuple(state.drafts.get(one.camera.id, one) for one in state.site.cameras)
        return replace(state.site, cameras=drawn)

    # Seeing

    def wall(self, lang: str) -> dict[str, Json]:
        """Return the wall, what has changed since its look judged again: no tile says of it what was true before."""
        for name in self.state.stale:
            self._renew(name)
        return screens.wall_json(self.state, self.place.clock(), lang)

    def camera(self, camera_id: str, lang: str) -> dict[str, Json]:
        """Return one camera, judged on its newest pictures. Raises NotFound."""
        self._camera(camera_id)
        self._renew(camera_id)
        return screens.camera_json(self.state, camera_id, self.place.clock(), lang)

    def picture(self, camera_id: str, path: str, width_px: int) -> tuple[bytes, Kept]:
        """Return a bare picture as JPEG, and note that it was opened. Raises NotFound, or NotGranted."""
        camera = self._camera(camera_id)
        one = next((kept for kept in self.state.of_camera(camera_id) if kept.picture.path == path), None)
        if one is None:
            raise NotFound("there is no picture of this camera on path {path}: look again", path=path_word(path))
        fresh = self._fresh
        if fresh is not None and fresh.fits(one, width_px):
            jpeg = fresh.jpeg
        else:
            jpeg, _ = pictures.rendered(one, camera, self.place.judge, width_px)
        self.place.note(camera_id, path)
        self._change(lambda state: replace(state, shown=state.shown | {(camera_id, one.picture.path, one.digest)}))
        return jpeg, one

    def black_picture(self, camera_id: str, path: str) -> bytes:
        """Return the small picture of the look, in which all that is not proven hidden is black. Raises NotFound."""
        seen = self.state.looks.get(self._camera(camera_id).camera.id)
        small = next((one.thumbnail for one in (seen.paths if seen else ()) if one.path == path), b"")
        if not small:
            raise NotFound("there is no picture of this camera on path {path}: look again", path=path_word(path))
        return small

    def live(self, camera_id: str, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Fetch one fresh picture of one path, judge what is drawn in it, and render it; one camera at a time."""
        camera, path, width = self._camera(camera_id), body.get("path"), body.get("w")
        width_px, state = width if isinstance(width, int) else THUMBNAIL_PX, self.state
        if not isinstance(path, str):
            raise NotGranted("name the path that is to be looked at")
        if not self._live.acquire(blocking=False):
            raise Changed("another camera is looked at just now: one at a time")
        try:
            known: Any = path  # checked against the live paths there
            picture = fresh_picture(
                state.site, camera.camera, known, state.told, self.place.credentials, self.place.clock
            )
        finally:
            self._live.release()
        kept = pictures.kept((picture,))
        one = kept[camera_id, picture.path]
        drawn, seen = screens.camera_of(state, camera_id), state.looks.get(camera_id)
        zones = pictures.zones_here(drawn, seen.preset if seen else "")
        jpeg, verdicts = pictures.rendered(one, drawn, self.place.judge, width_px, zones)
        self._fresh = Rendered(one.digest, width_px, jpeg)
        self._change(lambda state: changes.with_picture(state, camera_id, kept))
        said = self._words(drawn, {picture.path: verdicts})
        told = screens.judged_json(drawn, seen, (one,), said, self.place.clock(), lang)
        return {"picture": one.digest, "taken_at": picture.taken_at.isoformat(), "path": path, "age_s": 0.0, **told}

    def judge(self, camera_id: str, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Judge zones that are being drawn, on every picture at hand; nothing is kept. Raises NotGranted."""
        drawn = drafted(self._camera(camera_id), {**body, "no_private_area": False}, self.place.by, self._today())
        return self._verdicts(self.state.of_camera(camera_id), drawn, lang)

    def _verdicts(self, kept: Iterable[Kept], drawn: CameraConfig, lang: str) -> dict[str, Json]:
        of_camera = tuple(kept)
        seen = self.state.looks.get(drawn.camera.id)
        zones = pictures.zones_here(drawn, seen.preset if seen else "")
        found = pictures.judged(of_camera, drawn, zones, self.place.judge)
        return screens.judged_json(drawn, seen, of_camera, self._words(drawn, found), self.place.clock(), lang)

    def _words(
        self, drawn: CameraConfig, found: Mapping[PathName, tuple[ZoneVerdict, ...]]
    ) -> dict[PathName, tuple[ZoneWord, ...]]:
        facts = Facts({}, approvals=self.state.approvals)
        return {path: drawn_words(facts, drawn, verdicts) for path, verdicts in found.items()}

    def card(self, camera_id: str, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Return the card of a zone, to be typed off on the device's own page. Raises NotGranted."""
        self._camera(camera_id)
        return card_json(self.state, camera_id, body, lang)

    # Drawing

    def draft(self, camera_id: str, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Keep what was drawn, in memory, and return the camera. Raises Changed where another tab has drawn since."""
        self._require_editing()
        self._camera(camera_id)
        with self._working:
            self._require_unchanged()
            if body.get("version") != screens.version_of(self.state, camera_id):
                raise Changed("this camera was drawn elsewhere meanwhile: load it again")
            saved = next(one for one in self.state.site.cameras if one.camera.id == camera_id)
            drawn = drafted(saved, body, self.place.by, self._today())
            self._change(lambda state: changes.with_draft(state, saved, drawn))
        return self.camera(camera_id, lang)

    def declare(self, row: Declaration) -> State:
        """Keep a declaration for the review."""
        self._require_editing()
        return self._change(lambda state: replace(state, declared=(*state.declared, row)))

    # Approving

    def mark(self, camera_id: str, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Mark a camera for approval, or take that back. Raises NotGranted."""
        self._camera(camera_id)
        self._require_unchanged()
        self._renew(camera_id)
        now = self.place.clock()
        self._change(lambda state: reviewing.marked(state, camera_id, body, now, lang))
        return self.camera(camera_id, lang)

    def review(self, lang: str) -> dict[str, Json]:
        """Return the review. Raises Changed where site.toml is another one by now."""
        self._require_unchanged()
        return reviewing.review_json(self.state, self.place.config.name, self.place.by, lang)

    def save(self, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Save site.toml and write the chosen approvals.

        Raises:
            NotGranted, ConfigError: Nothing was saved; `Changed` where site.toml or the review is another one by now.
        """
        with self._working:
            self._require_unchanged()
            state, why = self.state, reviewing.reason_of(body.get("why", ""))
            ids = reviewing.chosen(state, body)
            for name in ids:
                mark = state.marks[name]
                again = {"picture": dict(mark.pictures), "why": mark.why or why}
                reviewing.marked(state, name, again, self.place.clock(), lang)
            text = reviewing.new_text(state)
            raw = text.encode()
            after = load_text(self.place.config, raw)
            if text != state.text:
                self.place.save(text, state.digest)
            digest = hashlib.sha256(raw).hexdigest() if text != state.text else state.digest
            site = replace(state.site, cameras=after.cameras, declarations=after.declarations, digest=digest)
            given = self._approve(state, site, ids, why)
            self._change(lambda state: changes.saved(state, text, site, given))
        words = Message("site.toml is saved, {count} cameras are approved", {"count": len(ids)})
        if text == state.text:
            words = Message("{count} cameras are approved", {"count": len(ids)})
        return {"saved": text != state.text, "approved": list(ids), "words": screens.said(words, lang)}

    def reload(self, lang: str) -> dict[str, Json]:
        """Take site.toml as it is now, and keep what was drawn of cameras that it has not changed.

        Raises NotGranted where more than zones and declarations has changed: that takes another start.
        """
        with self._working:
            raw, text = self._site_file(), self.state.text
            accept_drawn(self.place.config, text.encode(), raw)
            after = load_text(self.place.config, raw)
            digest = hashlib.sha256(raw).hexdigest()
            site = replace(self.state.site, cameras=after.cameras, declarations=after.declarations, digest=digest)
            drawn = len(self.state.drafts)
            kept = self._change(lambda state: changes.reloaded(state, raw.decode("utf-8-sig"), site))
        words = Message("site.toml is loaded anew; what you drew stays")
        if (lost := drawn - len(kept.drafts)) > 0:
            words = Message("site.toml is loaded anew; {count} of your drawings are gone: it has them otherwise now",
                            {"count": lost})  # fmt: skip
        return {"words": screens.said(words, lang)}

    def _approve(self, state: State, site: Site, ids: Iterable[str], why: str) -> dict[str, Approval]:
        at, cameras = self.place.clock(), {one.camera.id: one for one in site.cameras}
        given: dict[str, Approval] = {}
        for name in ids:
            seen = replace(state.looks[name], config=cameras[name])
            kind: Any = "masks" if cameras[name].no_private_area is None else "no-private-area"
            given[name] = store_approval(site, seen, self.place.by, at, state.marks[name].why or why, kind)
            log.info("%s approved camera %s", self.place.by, name)
        return given

    # Common

    def _camera(self, camera_id: str) -> CameraConfig:
        found = next((one for one in self.state.site.cameras if one.camera.id == camera_id), None)
        if found is None:
            raise NotFound("site.toml has no such camera")
        return found

    def _renew(self, camera_id: str) -> None:
        """Judge a camera's pictures again where they or its zones have changed since its look."""
        for _ in range(3):
            state = self.state
            if camera_id not in state.stale or camera_id not in state.looks:
                return
            part = part_of(self._drawn_site(state), (camera_id,))
            own = tuple(kept.picture for kept in state.of_camera(camera_id))
            approvals = read_approvals(part.storage.directory, part.id)
            found = look_again(part, state.told, own, approvals, self._environment(self.place.judge))

            def renewed(now: State, before: State = state, found: tuple[CameraLook, ...] = found) -> State:
                if changes.basis(now, camera_id) != changes.basis(before, camera_id):
                    return now
                return replace(now, looks={**now.looks, camera_id: found[0]}, stale=now.stale - {camera_id})

            self._change(renewed)

    def _require_editing(self) -> None:
        if not self.place.may_edit:
            raise NotAllowed("this session may look and approve only: start camwarden ui with --edit to draw")

    def _site_file(self) -> bytes:
        try:
            return self.place.config.read_bytes()
        except OSError as error:
            raise NotGranted("{path}: cannot be read: {why}", path=self.place.config, why=os_words(error)) from None

    def _require_unchanged(self) -> None:
        if hashlib.sha256(self._site_file()).hexdigest() != self.state.digest:
            raise Changed("site.toml was changed meanwhile: load it anew")

    def _today(self) -> Any:
        return local_day(self.state.site, self.place.clock())
