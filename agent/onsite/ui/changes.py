"""Updates the state of the page: a look has begun or ended, a zone is drawn, the review is saved. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from agent.model.finding import Message
from agent.observe.approvals.approvals import Approval
from agent.onsite.masks_look.seen import CameraLook
from agent.onsite.ui import pictures, reviewing, screens
from agent.onsite.ui.values import Kept, State
from agent.site.config.site import CameraConfig, Site
from drivers.model import Observations, Picture
from drivers.picture import PathName


def basis(state: State, camera_id: str) -> tuple[object, ...]:
    """Return what a camera's look rests on: its drawing and its pictures."""
    digests = sorted((one.picture.path, one.digest) for one in state.of_camera(camera_id))
    return screens.version_of(state, camera_id), digests


def with_words(state: State, words: Message) -> State:
    """Return the state with other words of the look that runs."""
    return replace(state, progress=replace(state.progress, words=words))


def with_look(
    state: State,
    part: Site,
    told: Observations,
    fetched: tuple[Picture, ...],
    found: tuple[CameraLook, ...],
    approvals: Mapping[str, Approval],
) -> State:
    """Return the state with a look in place of what was known of its cameras; marks of them are gone."""
    ids = {one.camera.id for one in part.cameras}
    subjects = {f"camera:{name}" for name in ids} | {f"device:{one.id}" for one in part.devices}
    older = tuple(one for one in state.told if one.subject not in subjects)
    others = {key: kept for key, kept in state.pictures.items() if key[0] not in ids}
    drawn_since = {one.camera.id for one in part.cameras if screens.camera_of(state, one.camera.id) != one}
    return reviewing.without_marks(
        replace(
            state,
            told=older + told,
            pictures={**others, **pictures.kept(fetched)},
            looks={**state.looks, **{one.id: one for one in found}},
            approvals=approvals,
            stale=(state.stale - ids) | drawn_since,
        ),
        ids,
    )


def with_picture(state: State, camera_id: str, kept: Mapping[tuple[str, PathName], Kept]) -> State:
    """Return the state with a fresh picture of a camera; its look is to be judged again."""
    changed = replace(state, pictures={**state.pictures, **kept}, stale=state.stale | {camera_id})
    return reviewing.without_marks(changed, (camera_id,))


def with_draft(state: State, declared: CameraConfig, drawn: CameraConfig) -> State:
    """Return the state with what was drawn of a camera, or without, where that is what site.toml declares."""
    name = declared.camera.id
    drafts = {key: one for key, one in state.drafts.items() if key != name}
    if drawn != declared:
        drafts[name] = drawn
    return reviewing.without_marks(replace(state, drafts=drafts, stale=state.stale | {name}), (name,))


def saved(state: State, text: str, site: Site, given: Mapping[str, Approval]) -> State:
    """Return the state after the review: nothing is drawn or declared any more, what was approved is."""
    cameras = {one.camera.id: one for one in site.cameras}
    looks = {
        name: replace(one, config=cameras[name], approved=given.get(name, one.approved))
        for name, one in state.looks.items()
    }
    marks = {name: mark for name, mark in state.marks.items() if name not in given}
    return replace(
        state, text=text, digest=site.digest, site=site, approvals={**state.approvals, **given}, looks=looks,
        drafts={}, declared=(), marks=marks,
    )  # fmt: skip


def reloaded(state: State, text: str, site: Site) -> State:
    """Return the state on another text of site.toml: drawings of cameras that it has not changed stay.

    Of the others the look is judged again; no camera stays marked that was changed.
    """
    before = {one.camera.id: one for one in state.site.cameras}
    cameras = {one.camera.id: one for one in site.cameras}
    changed = {name for name, one in cameras.items() if one != before[name]}
    looks = {name: replace(one, config=cameras[name]) if name in changed else one for name, one in state.looks.items()}
    drafts = {name: one for name, one in state.drafts.items() if name not in changed}
    after = replace(
        state, text=text, digest=site.digest, site=site, looks=looks, drafts=drafts, stale=state.stale | changed
    )
    return reviewing.without_marks(after, changed)


def with_one_more(state: State) -> State:
    """Return the state in which one more device is back."""
    done = state.progress.done + 1
    words = Message("devices are read: {done} of {total}", {"done": done, "total": state.progress.total})
    return replace(state, progress=replace(state.progress, done=done, words=words))


def begun(state: State, part: Site) -> State:
    """Return the state in which a look at a part of the site begins."""
    total = len(part.devices)
    words = Message("devices are read: {done} of {total}", {"done": 0, "total": total})
    return replace(state, progress=replace(state.progress, running=True, done=0, total=total, words=words))
