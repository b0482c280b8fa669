// verify_standardwebhooks.mjs <whsec_…>: reads requests from stdin, a JSON object {headers, body} a line, and verifies each as
// the standardwebhooks package does, and with one byte changed. Prints what became of each, a line each.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.argv[2]);

function verified(body, headers) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch (why) {
    return why.message;
  }
}

for (const line of readFileSync(0, "utf8").split("\n")) {
  if (!line) continue;
  const { headers, body } = JSON.parse(line);
  const changed = body.replace(/.$/, " }");
  console.log(JSON.stringify({ id: headers["webhook-id"], good: verified(body, headers), changed: verified(changed, headers) }));
}
