// Verifies messages as a receiver does, with the library of Standard Webhooks: one JSON object a line in, one answer a line out.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ verified: new Webhook(secret).verify(Buffer.from(body, "base64").toString(), headers) }));
  } catch (error) {
    console.log(JSON.stringify({ refused: error.message }));
  }
}
