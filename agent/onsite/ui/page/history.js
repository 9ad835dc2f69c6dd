// Remembers the states of a drawing for undo and redo. Pure.

const DEPTH = 200;

export const begin = (state) => ({ past: [], state, future: [], kind: "" });

// Steps of one `kind` in a row, such as a corner moved by keys, are one step back.
export function commit(history, state, kind = "") {
  const same = kind !== "" && kind === history.kind;
  const past = same ? history.past : [...history.past, history.state].slice(-DEPTH);
  return { past, state, future: [], kind };
}

export function undo(history) {
  if (!history.past.length) return history;
  const state = history.past[history.past.length - 1];
  return { past: history.past.slice(0, -1), state, future: [history.state, ...history.future], kind: "" };
}

export function redo(history) {
  if (!history.future.length) return history;
  const [state, ...future] = history.future;
  return { past: [...history.past, history.state], state, future, kind: "" };
}
