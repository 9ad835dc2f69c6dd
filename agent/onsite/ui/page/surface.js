// Draws zones over a picture as SVG whose corners are real, focusable elements, and turns pointers and keys into commands.
// Every drag has a way without dragging: tap a corner, tap where it shall go; tap two corners of a rectangle.
import { draw } from "./dom.js";
import { onGrid, rectangle, moveAll, moveCorner, snap } from "./geometry.js";
import { percent, t } from "./words.js";

const REACH_PX = 9;
const MOVED_PX = 4;
const DOT_PX = 8;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// `desk` has: draft (drafting.js), masks, magnet, tool ("", "rectangle", "polygon"), say(words), pointed(point or null).
export function surface(desk) {
  const svg = draw("svg", { class: "surface", role: "group", "aria-describedby": "surface-keys" });
  const nodes = new Map();
  let size = [1, 1];
  let stroke = null;
  let path = [];
  let hover = null;

  const coarse = matchMedia("(pointer: coarse)");
  const px = ([x, y]) => [x * size[0], y * size[1]];
  const points = (shape) => shape.map((point) => px(point).map((value) => value.toFixed(2)).join(",")).join(" ");
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  // Others' shapes and the picture's border draw a point to them; Alt lets go for a moment.
  const pulled = (point, event) => {
    const own = stroke?.kind === "new" ? -1 : desk.draft.picked().zone;
    const others = desk.draft.zones().filter((_, index) => index !== own).map((zone) => zone.polygon);
    const shapes = [...others, ...(desk.masks ?? []).map((mask) => mask.polygon)];
    const inside = point.map((value) => Math.min(1, Math.max(0, value)));
    return onGrid(desk.magnet && !event.altKey ? snap(inside, shapes, size, REACH_PX) : inside);
  };
  const place = ([x, y]) => t("x {x}, y {y}", { x: percent(x), y: percent(y) });

  function node(key, tag) {
    if (!nodes.has(key)) nodes.set(key, draw(tag, { "data-key": key }));
    return nodes.get(key);
  }

  function attributes(made, given) {
    for (const [key, value] of Object.entries(given)) {
      if (value === null) made.removeAttribute(key);
      else if (made.getAttribute(key) !== String(value)) made.setAttribute(key, value);
    }
    return made;
  }

  // A zone's name stands at its upper left, a mask's at its lower left: where both agree, both can be read.
  function label(key, shape, words, tone) {
    const end = tone === "zone" ? Math.min : Math.max;
    const [x, y] = px([Math.min(...shape.map((one) => one[0])), end(...shape.map((one) => one[1]))]);
    const made = attributes(node(key, "text"), { x: x + 6, y: tone === "zone" ? y + 17 : y - 7, class: `label${tone === "off" ? " off" : ""}` });
    if (made.textContent !== words) made.textContent = words;
    return made;
  }

  function ghosts() {
    return (desk.masks ?? []).flatMap((mask, index) => {
      const off = mask.enabled === false;
      const words = off ? t("{name}: switched off", { name: mask.name }) : mask.name;
      return [
        attributes(node(`m${index}`, "polygon"), { points: points(mask.polygon), class: off ? "ghost off" : "ghost" }),
        label(`m${index}t`, mask.polygon, words, off ? "off" : "mask"),
      ];
    });
  }

  function outline(zone, index) {
    const chosen = desk.draft.picked().zone === index;
    const tone = desk.draft.faulty().includes(zone.name) ? " faulty" : "";
    const shape = points(zone.polygon);
    const words = t("Zone {name}, {n} corners", { name: zone.name, n: zone.polygon.length });
    return [
      attributes(node(`z${index}b`, "polygon"), { points: shape, class: "under" }),
      attributes(node(`z${index}`, "polygon"), {
        points: shape, class: `zone${chosen ? " chosen" : ""}${tone}`, role: "button", tabindex: 0, "aria-label": words,
        "aria-pressed": chosen, "data-part": "zone", "data-zone": index,
      }),
      label(`z${index}t`, zone.polygon, zone.name, "zone"),
    ];
  }

  function handles(zone, index) {
    const reach = coarse.matches ? 22 : 12;
    const sides = zone.polygon.map((point, edge) => {
      const [[x1, y1], [x2, y2]] = [px(point), px(zone.polygon[(edge + 1) % zone.polygon.length])];
      return attributes(node(`z${index}e${edge}`, "line"), {
        x1, y1, x2, y2, class: "edge", "stroke-width": reach * 2, "data-part": "edge", "data-edge": edge,
      });
    });
    const corners = zone.polygon.map((point, corner) => {
      const group = attributes(node(`z${index}c${corner}`, "g"), {
        class: `corner${desk.draft.picked().corner === corner ? " chosen" : ""}`, role: "button", tabindex: 0,
        "aria-label": t("Corner {n} of {name}: {place}", { n: corner + 1, name: zone.name, place: place(point) }),
        "data-part": "corner", "data-corner": corner, "aria-pressed": desk.draft.picked().corner === corner,
      });
      const [cx, cy] = px(point);
      if (!group.firstChild) group.append(draw("circle", { class: "reach" }), draw("circle", { class: "dot under" }), draw("circle", { class: "dot" }));
      [reach, 8, 6].forEach((r, layer) => attributes(group.children[layer], { cx, cy, r }));
      return group;
    });
    return [...sides, ...corners];
  }

  function render() {
    const zones = desk.draft.zones();
    const chosen = desk.draft.picked().zone;
    const wanted = [...ghosts(), ...zones.flatMap(outline), ...(zones[chosen] && !desk.tool ? handles(zones[chosen], chosen) : [])];
    if (path.length) {
      const box = desk.tool === "rectangle" && hover ? rectangle(path[0], hover) : null;
      const line = points(box ? [...box, box[0]] : hover ? [...path, hover] : path);
      wanted.push(
        attributes(node("pu", "polyline"), { points: line, class: "path under" }),
        attributes(node("p", "polyline"), { points: line, class: "path" }),
        ...path.map((point, index) => attributes(node(`p${index}`, "circle"), { cx: px(point)[0], cy: px(point)[1], r: index ? 4 : 9, class: "dot" })),
      );
    }
    wanted.forEach((made, index) => {
      if (svg.childNodes[index] !== made) svg.insertBefore(made, svg.childNodes[index] ?? null);
    });
    const lost = [...svg.childNodes].slice(wanted.length);
    const focused = lost.some((one) => one === document.activeElement);
    lost.forEach((one) => { nodes.delete(one.dataset.key); one.remove(); });
    if (focused) focus();
    attributes(svg, { "aria-label": t("Zones drawn on the picture"), viewBox: `0 0 ${size[0]} ${size[1]}`, "data-tool": desk.tool || null });
  }

  // Puts the focus on what is picked: its corner, its zone, or the first zone.
  function focus() {
    const { zone, corner } = desk.draft.picked();
    (nodes.get(`z${zone}c${corner}`) ?? nodes.get(`z${zone}`) ?? desk.fallback?.())?.focus();
  }

  function finish(shape) {
    const [xs, ys] = [0, 1].map((axis) => new Set(shape.map((point) => point[axis])).size);
    path = [];
    stroke = hover = null;
    desk.setTool("");
    if (shape.length < 3 || xs < 2 || ys < 2) { desk.say(t("That was too small for a zone.")); render(); return; }
    desk.draft.add(shape);
  }

  function pressTool(point) {
    if (desk.tool === "rectangle") {
      if (path.length) finish(rectangle(path[0], point));
      else path = [point];
      return;
    }
    const first = path[0] && px(path[0]).map((value, axis) => value - px(point)[axis]);
    if (path.length > 2 && Math.hypot(...first) < (coarse.matches ? 22 : 12)) finish(path);
    else path = [...path, point];
  }

  function down(event) {
    if (event.button !== 0 || stroke) return;
    const part = event.target.closest("[data-part]")?.dataset ?? {};
    const { zone, corner } = desk.draft.picked();
    svg.setPointerCapture(event.pointerId);
    if (desk.tool) {
      stroke = { id: event.pointerId, kind: "new", from: at(event), fresh: path.length === 0 };
      pressTool(pulled(at(event), event));
      render();
      return;
    }
    const kind = part.part ?? "blank";
    stroke = { id: event.pointerId, kind, from: at(event), ...part, armed: corner, zone, before: desk.draft.polygon() };
    if (kind === "corner") { desk.draft.pick(zone, Number(part.corner)); event.target.closest("g").focus(); desk.pointed(at(event)); }
    if (kind === "zone" && Number(part.zone) !== zone) {
      stroke.kind = "other";
      if (corner < 0 || zone < 0) desk.draft.pick(Number(part.zone));
    }
    event.preventDefault();
  }

  function move(event) {
    if (desk.tool && path.length && (!stroke || stroke.id === event.pointerId)) {
      hover = pulled(at(event), event);
      desk.pointed(hover);
      render();
    }
    if (!stroke || stroke.id !== event.pointerId || desk.tool) return;
    const point = at(event);
    const far = Math.hypot(...px([point[0] - stroke.from[0], point[1] - stroke.from[1]]));
    if (!stroke.moved && far < MOVED_PX) return;
    stroke.moved = true;
    if (stroke.kind === "edge") {
      desk.draft.insert(Number(stroke.edge), pulled(stroke.from, event));
      Object.assign(stroke, { kind: "corner", corner: Number(stroke.edge) + 1, before: desk.draft.polygon() });
    }
    if (stroke.kind === "corner") {
      const to = pulled(point, event);
      desk.draft.preview(moveCorner(stroke.before, Number(stroke.corner), to));
      desk.pointed(to);
    }
    if (stroke.kind === "zone") {
      const [dx, dy] = onGridBy(point, stroke.from);
      desk.draft.preview(moveAll(stroke.before, dx, dy));
    }
  }

  const onGridBy = (to, from) => to.map((value, axis) => Math.round((value - from[axis]) * 1000) / 1000);

  function up(event) {
    if (!stroke || stroke.id !== event.pointerId) return;
    const was = stroke;
    stroke = null;
    desk.pointed(null);
    if (was.kind === "new") {
      const to = pulled(at(event), event);
      const far = Math.hypot(...px([at(event)[0] - was.from[0], at(event)[1] - was.from[1]]));
      if (desk.tool === "rectangle" && was.fresh && path.length && far >= MOVED_PX * 2) finish(rectangle(path[0], to));
      return;
    }
    if (was.moved) { desk.draft.settle(); return; }
    const own = was.kind === "corner" && was.armed === Number(was.corner);
    // Beside its dot, though within its reach, a tap says where the corner shall go: handles are large under a finger.
    const off = own && Math.hypot(...px(was.before[was.armed].map((value, axis) => value - was.from[axis]))) > DOT_PX;
    if (was.kind === "corner" && !off) {
      const again = own;
      if (again) desk.draft.pick(was.zone, -1);
      desk.say(again ? "" : t("Corner {n} is picked: drag it, tap where it shall go, or use the arrow keys.", { n: Number(was.corner) + 1 }));
    } else if (was.armed >= 0) {
      desk.draft.place(was.armed, pulled(at(event), event));
      desk.draft.pick(was.zone, -1);
    } else if (was.kind === "edge") desk.draft.insert(Number(was.edge), pulled(at(event), event));
    else if (was.kind === "blank") desk.draft.pick(-1);
  }

  function cancel() {
    if (!stroke && !path.length) return false;
    path = [];
    stroke = hover = null;
    desk.pointed(null);
    desk.draft.cancel();
    return true;
  }

  function key(event) {
    const part = event.target.closest("[data-part]")?.dataset;
    if (event.key === "Escape") {
      const busy = cancel() || desk.tool || desk.draft.picked().corner >= 0;
      desk.setTool("");
      desk.draft.pick(desk.draft.picked().zone, -1);
      if (busy) { event.preventDefault(); event.stopPropagation(); }
      return;
    }
    if (desk.tool && path.length > 2 && event.key === "Enter") { finish(path); event.preventDefault(); return; }
    if (!part || event.ctrlKey || event.metaKey) return;
    const corner = part.part === "corner" ? Number(part.corner) : -1;
    if (part.part === "zone" && Number(part.zone) !== desk.draft.picked().zone) {
      if (!ARROWS[event.key] && event.key !== "Enter" && event.key !== " ") return;
      desk.draft.pick(Number(part.zone));
    } else desk.draft.pick(desk.draft.picked().zone, corner);
    const by = event.shiftKey ? 10 : 1;
    if (ARROWS[event.key]) {
      desk.draft.nudge(ARROWS[event.key][0] * by, ARROWS[event.key][1] * by);
      if (corner >= 0) desk.pointed(desk.draft.polygon()[corner]);
    } else if (event.key === "Delete" || event.key === "Backspace") desk.remove(corner);
    else if (event.key === "+" && corner >= 0) { desk.draft.addCorner(); focus(); }
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
  }

  svg.addEventListener("pointerdown", down);
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerup", up);
  svg.addEventListener("pointercancel", cancel);
  // touch-action does not count on parts of an SVG: what is drawn with is kept from scrolling the page here.
  svg.addEventListener("touchstart", (event) => {
    if (event.touches.length === 1 && (desk.tool || event.target.closest(".corner, .edge, .chosen"))) event.preventDefault();
  }, { passive: false });
  svg.addEventListener("keydown", key);
  svg.addEventListener("focusout", () => { if (!stroke) desk.pointed(null); });
  const watch = new ResizeObserver(([entry]) => {
    size = [Math.max(1, entry.contentRect.width), Math.max(1, entry.contentRect.height)];
    render();
  });
  watch.observe(svg);

  return { node: svg, render, focus, cancel, finish: () => finish(path), drawn: () => path.length, stop: () => watch.disconnect() };
}
