// Computes polygons, in shares of the picture's width and height from its top left. Pure.

export const STEP = 0.001;

export const clamp = (value) => Math.min(1, Math.max(0, value));

// What a hand sets lies on steps of 0.1 %, whatever drew it; a device's own corners stay as exact as they came.
export const onGrid = ([x, y]) => [x, y].map((value) => Math.round(clamp(value) / STEP) / Math.round(1 / STEP));

const tidy = (value) => Math.round(value * 1e4) / 1e4;

export function rectangle([ax, ay], [bx, by]) {
  const [left, right, top, bottom] = [Math.min(ax, bx), Math.max(ax, bx), Math.min(ay, by), Math.max(ay, by)];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

export const moveCorner = (polygon, index, point) => polygon.map((old, at) => (at === index ? onGrid(point) : old));

// Moves all corners alike, no further than the picture's border.
export function moveAll(polygon, dx, dy) {
  const reach = (axis, by) => {
    const values = polygon.map((point) => point[axis]);
    return Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by));
  };
  const [x, y] = [reach(0, dx), reach(1, dy)];
  return polygon.map((point) => [tidy(clamp(point[0] + x)), tidy(clamp(point[1] + y))]);
}

export const insertOn = (polygon, edge, point) => [...polygon.slice(0, edge + 1), onGrid(point), ...polygon.slice(edge + 1)];

export const middle = ([ax, ay], [bx, by]) => [(ax + bx) / 2, (ay + by) / 2];

// Returns null where fewer than three corners would be left.
export const dropCorner = (polygon, index) => (polygon.length > 3 ? polygon.filter((_, at) => at !== index) : null);

export const edges = (polygon) => polygon.map((point, at) => [point, polygon[(at + 1) % polygon.length]]);

function nearestOn([ax, ay], [bx, by], [px, py], [sx, sy]) {
  const [ux, uy, vx, vy] = [(bx - ax) * sx, (by - ay) * sy, (px - ax) * sx, (py - ay) * sy];
  const along = Math.min(1, Math.max(0, (ux * vx + uy * vy) / (ux * ux + uy * uy || 1)));
  return [ax + (bx - ax) * along, ay + (by - ay) * along];
}

const far = ([ax, ay], [bx, by], [sx, sy]) => Math.hypot((ax - bx) * sx, (ay - by) * sy);

// Pulls a point to the nearest corner, picture border or edge within `reach` pixels; `size` is the picture on screen.
export function snap(point, shapes, size, reach) {
  const near = (points) => points
    .map((one) => [far(one, point, size), one])
    .filter(([distance]) => distance <= reach)
    .sort(([one], [other]) => one - other)[0]?.[1];
  const corner = near([...shapes.flat(), [0, 0], [0, 1], [1, 0], [1, 1]]);
  if (corner) return corner;
  const border = (value, pixels) => [0, 1].find((edge) => Math.abs(edge - value) * pixels <= reach);
  const [x, y] = [border(point[0], size[0]), border(point[1], size[1])];
  if (x !== undefined || y !== undefined) return [x ?? point[0], y ?? point[1]];
  return near(shapes.flatMap(edges).map(([a, b]) => nearestOn(a, b, point, size))) ?? point;
}

export function contains(polygon, [px, py]) {
  return edges(polygon).reduce((inside, [[ax, ay], [bx, by]]) => {
    const hit = ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax;
    return hit ? !inside : inside;
  }, false);
}

const turn = ([ax, ay], [bx, by], [cx, cy]) => Math.sign(Math.round(((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) * 1e9));

function between([ax, ay], [bx, by], [px, py]) {
  return Math.min(ax, bx) <= px && px <= Math.max(ax, bx) && Math.min(ay, by) <= py && py <= Math.max(ay, by);
}

function meet([a, b], [c, d]) {
  const [one, two, three, four] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (one !== two && three !== four) return true;
  return (!one && between(a, b, c)) || (!two && between(a, b, d)) || (!three && between(c, d, a)) || (!four && between(c, d, b));
}

export const area = (polygon) =>
  Math.abs(edges(polygon).reduce((sum, [[ax, ay], [bx, by]]) => sum + ax * by - bx * ay, 0)) / 2;

// Sides that cross or touch, or no area: the configuration's reader refuses the same.
export function crossesItself(polygon) {
  const sides = edges(polygon);
  if (area(polygon) < 1e-6) return true;
  return sides.some((side, at) => sides.some((other, to) => {
    const apart = Math.abs(at - to);
    return to > at && apart > 1 && apart < sides.length - 1 && meet(side, other);
  }));
}
