// Shows the picture four times as large around the point that a hand is setting, in the corner away from the hand.
import { el } from "./dom.js";

const SIDE = 132;
const TIMES = 4;

export function loupe(img) {
  const canvas = el("canvas", { class: "loupe", width: SIDE, height: SIDE, "aria-hidden": "true", hidden: true });
  const pen = canvas.getContext("2d");

  function point(where) {
    canvas.hidden = !where || !img.naturalWidth;
    if (canvas.hidden) return;
    canvas.classList.toggle("right", where[0] < 0.5);
    const [width, height] = [img.clientWidth * TIMES, img.clientHeight * TIMES];
    pen.fillStyle = "#555";
    pen.fillRect(0, 0, SIDE, SIDE);
    pen.drawImage(img, SIDE / 2 - where[0] * width, SIDE / 2 - where[1] * height, width, height);
    for (const [colour, line] of [["#000", 3], ["#fff", 1]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = line;
      pen.beginPath();
      pen.moveTo(SIDE / 2, 0);
      pen.lineTo(SIDE / 2, SIDE);
      pen.moveTo(0, SIDE / 2);
      pen.lineTo(SIDE, SIDE / 2);
      pen.stroke();
    }
  }

  return { node: canvas, point };
}
