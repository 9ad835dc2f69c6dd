// Verifies a receipt of a hub's log with nothing of camwarden: C2SP tlog-proof, signed-note and tlog-checkpoint, RFC 9162.
// node receipt_verifier.mjs RECEIPT JWKS [OLD_RECEIPT CONSISTENCY]   prints {"digest", "index", "size", "origin"} or
// {"refused": why}, and ends with 0 or 1. CONSISTENCY has the hashes of the proof from the older checkpoint, a line each.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

function base64(text) {
  const data = Buffer.from(text, "base64");
  if (data.toString("base64") !== text) throw new Error("not base64");
  return data;
}

function number(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new Error("not a number");
  return BigInt(text);
}

// The root over a tree of `size` entries, from the hash of entry `index` and its path. RFC 9162 section 2.1.3.2.
function rootOf(index, size, leaf, path) {
  if (index >= size) throw new Error("outside of the log");
  let at = index, last = size - 1n, found = leaf;
  for (const sibling of path) {
    if (last === 0n) throw new Error("proof too long");
    if (at & 1n || at === last) {
      found = nodeHash(sibling, found);
      while (at !== 0n && !(at & 1n)) { at >>= 1n; last >>= 1n; }
    } else found = nodeHash(found, sibling);
    at >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Error("proof too short");
  return found;
}

// Whether the older tree is the beginning of the newer. RFC 9162 section 2.1.4.2.
function isConsistent(old, now, path) {
  if (old.size > now.size) return false;
  if (old.size === now.size) return path.length === 0 && old.root.equals(now.root);
  if (old.size === 0n) return path.length === 0;
  const whole = (old.size & (old.size - 1n)) === 0n ? [old.root, ...path] : path;
  if (whole.length === 0) return false;
  let at = old.size - 1n, last = now.size - 1n;
  while (at & 1n) { at >>= 1n; last >>= 1n; }
  let oldRoot = whole[0], newRoot = whole[0];
  for (const sibling of whole.slice(1)) {
    if (last === 0n) return false;
    if (at & 1n || at === last) {
      oldRoot = nodeHash(sibling, oldRoot);
      newRoot = nodeHash(sibling, newRoot);
      while (at !== 0n && !(at & 1n)) { at >>= 1n; last >>= 1n; }
    } else newRoot = nodeHash(newRoot, sibling);
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n && oldRoot.equals(old.root) && newRoot.equals(now.root);
}

// A checkpoint that the key named by its origin has signed: type 0x02, DER over SHA-256, key id from the SPKI.
function checkpoint(note, keys) {
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1), [origin, size, root, end] = text.split("\n");
  const match = /^camwarden-hub\/([A-Za-z0-9_-]{43})\/[0-9]{8}T[0-9]{6}Z$/.exec(origin);
  if (cut < 0 || !match || end !== "") throw new Error("not a checkpoint");
  const jwk = keys.find((one) => one.kid === match[1]);
  if (!jwk || jwk.crv !== "P-256") throw new Error("not signed by a hub that is believed");
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const id = sha256(key.export({ type: "spki", format: "der" })).subarray(0, 4);
  for (const line of note.slice(cut + 2).split("\n")) {
    const [dash, name, signed] = line.split(" ");
    if (dash !== "\u2014" || name !== origin) continue;
    const data = base64(signed);
    if (id.equals(data.subarray(0, 4)) && verify("sha256", Buffer.from(text), key, data.subarray(4)))
      return { origin, size: number(size), root: base64(root) };
  }
  throw new Error("signature");
}

function receipt(file, keys) {
  const all = readFileSync(file, "utf8"), cut = all.indexOf("\n\n");
  const [first, extra, index, ...path] = all.slice(0, cut).split("\n");
  if (cut < 0 || first !== "c2sp.org/tlog-proof@v1") throw new Error("not a receipt");
  if (!extra.startsWith("extra ") || !index?.startsWith("index ")) throw new Error("not a receipt");
  const entry = base64(extra.slice(6)), place = number(index.slice(6)), head = checkpoint(all.slice(cut + 2), keys);
  if (entry.length !== 48) throw new Error("not an entry");
  if (!rootOf(place, head.size, leafHash(entry), path.map(base64)).equals(head.root)) throw new Error("proof");
  return { digest: entry.subarray(16).toString("hex"), index: Number(place), head };
}

try {
  const [file, jwks, older, proof] = process.argv.slice(2);
  const { keys } = JSON.parse(readFileSync(jwks, "utf8")), { digest, index, head } = receipt(file, keys);
  if (older) {
    const path = readFileSync(proof, "utf8").split("\n").filter(Boolean).map(base64);
    if (!isConsistent(receipt(older, keys).head, head, path)) throw new Error("not a continuation");
  }
  console.log(JSON.stringify({ digest, index, size: Number(head.size), origin: head.origin }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.message }));
  process.exitCode = 1;
}
