// Holds the zones of one camera while a person draws: what is picked, and every command on it. No element is touched.
import { STEP, crossesItself, dropCorner, insertOn, middle, moveAll, moveCorner, onGrid } from "./geometry.js";
import { begin, commit, redo, undo } from "./history.js";

// `changed(settled)` is called after each change; `settled` is false within a stroke. `names` are suggestions.
export function drafting(zones, names, changed) {
  let history = begin(zones);
  let stroke = null;
  let picked = { zone: zones.length ? 0 : -1, corner: -1 };

  const now = () => stroke ?? history.state;
  const polygon = () => now()[picked.zone]?.polygon ?? null;
  const put = (at, patch) => now().map((zone, index) => (index === at ? { ...zone, ...patch } : zone));
  const within = () => {
    const zone = Math.min(picked.zone, now().length - 1);
    picked = { zone, corner: Math.min(picked.corner, (now()[zone]?.polygon.length ?? 0) - 1) };
  };
  const settle = (next, kind) => {
    stroke = null;
    history = commit(history, next, kind);
    within();
    changed(true);
  };
  const free = () => {
    const used = new Set(now().map((zone) => zone.name));
    const base = names[0] ?? "zone";
    const counted = Array.from({ length: used.size + 1 }, (_, n) => (n ? `${base} ${n + 1}` : base));
    return [...names, ...counted].find((name) => !used.has(name));
  };

  return {
    zones: now,
    picked: () => picked,
    polygon,
    canUndo: () => history.past.length > 0,
    canRedo: () => history.future.length > 0,
    dirty: () => history.past.length > 0,
    faulty: () => now().filter((zone) => crossesItself(zone.polygon)).map((zone) => zone.name),

    pick(zone, corner = -1) {
      if (zone === picked.zone && corner === picked.corner) return;
      picked = { zone, corner };
      history = { ...history, kind: "" };
      changed(false);
    },
    add(shape, given = {}) {
      const zone = { effect: "any", color: "", preset: "", uncovered: null, ...given, polygon: shape };
      zone.name = given.name && !now().some((one) => one.name === given.name) ? given.name : free();
      picked = { zone: now().length, corner: -1 };
      settle([...now(), zone]);
    },
    removeZone(at = picked.zone) {
      if (at >= 0) settle(now().filter((_, index) => index !== at));
    },
    set: (at, patch) => settle(put(at, patch), `set ${at} ${Object.keys(patch)}`),
    preview(shape) {
      stroke = history.state.map((zone, index) => (index === picked.zone ? { ...zone, polygon: shape } : zone));
      changed(false);
    },
    settle() {
      if (stroke) settle(stroke);
    },
    cancel() {
      stroke = null;
      within();
      changed(false);
    },
    insert(edge, point) {
      const shape = insertOn(polygon(), edge, point);
      picked = { zone: picked.zone, corner: edge + 1 };
      settle(put(picked.zone, { polygon: shape }));
    },
    addCorner() {
      const [shape, at] = [polygon(), Math.max(0, picked.corner)];
      if (shape) this.insert(at, middle(shape[at], shape[(at + 1) % shape.length]));
    },
    // Returns false where the zone would have no three corners left.
    removeCorner(at = picked.corner) {
      const shape = polygon() && at >= 0 ? dropCorner(polygon(), at) : null;
      if (shape) settle(put(picked.zone, { polygon: shape }));
      return shape !== null;
    },
    place(at, point) {
      settle(put(picked.zone, { polygon: moveCorner(polygon(), at, point) }), `place ${picked.zone} ${at}`);
    },
    // Moves the picked corner, or the whole zone where none is picked, by steps of 0.1 %.
    nudge(dx, dy) {
      const [shape, at] = [polygon(), picked.corner];
      if (!shape) return;
      const moved = at < 0
        ? moveAll(shape, dx * STEP, dy * STEP)
        : moveCorner(shape, at, onGrid([shape[at][0] + dx * STEP, shape[at][1] + dy * STEP]));
      settle(put(picked.zone, { polygon: moved }), `nudge ${picked.zone} ${at}`);
    },
    undo() {
      history = undo(history);
      stroke = null;
      within();
      changed(true);
    },
    redo() {
      history = redo(history);
      within();
      changed(true);
    },
    // Takes over figures that the program computed, without a step in the history.
    measured(shares) {
      const told = (zone) => ({ ...zone, uncovered: shares.get(zone.name) ?? null });
      history = { ...history, state: history.state.map(told) };
    },
    // The draft was handed over: there is nothing left to lose.
    kept: () => { history = { ...history, past: [], future: [], kind: "" }; },
  };
}
