// Makes elements without markup: what a device or a person wrote can only ever become text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}

export const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);

export const draw = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

export const button = (words, click, props) => el("button", { type: "button", click, ...props }, words);

// Rebuilds what `root` holds; the focus stays on the element with the same key, or goes to the first of `otherwise`.
export function rebuild(root, children, ...otherwise) {
  const key = root.contains(document.activeElement) ? document.activeElement.dataset.key ?? "" : null;
  root.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key === null) return;
  const find = (one) => one && root.querySelector(`[data-key="${CSS.escape(one)}"]`);
  const next = [key, ...otherwise].map(find).find((one) => one && !one.disabled);
  (next ?? root.querySelector("button, input, a"))?.focus();
}
