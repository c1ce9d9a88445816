// Writes schema.json, the part of Discord's official API schema that the emulator checks, as JSON Schema.
// In an empty folder: npm install discord-api-spec@10.0.266135 zod@4 && node PATH/schema.mjs > PATH/schema.json
// Unknown keys are refused (strict objects); what else the schema does not carry is in rules.py.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const ROOTS = [
  "ApplicationCommandAutocompleteCallbackRequest",
  "ApplicationCommandResponse",
  "ApplicationCommandUpdateRequest",
  "CreateMessageInteractionCallbackRequest",
  "CreatePrivateChannelRequest",
  "ErrorResponse",
  "IncomingWebhookRequestPartial",
  "IncomingWebhookUpdateRequestPartial",
  "InteractionCallbackResponse",
  "MessageCreateRequest",
  "MessageEditRequestPartial",
  "MessageResponse",
  "ModalInteractionCallbackRequest",
  "PongInteractionCallbackRequest",
  "PrivateApplicationResponse",
  "PrivateChannelResponse",
  "RatelimitedResponse",
  "UpdateMessageInteractionCallbackRequest",
  "UserPIIResponse",
  "UserResponse",
];
const here = createRequire(`${process.cwd()}/`);
const text = readFileSync(`${process.cwd()}/node_modules/discord-api-spec/build/discord-api-spec.zod.js`, "utf8");
writeFileSync("strict.mjs", text.replace("let zObject = z.object", "let zObject = z.strictObject"));
const spec = await import(pathToFileURL(`${process.cwd()}/strict.mjs`).href);
const z = await import(pathToFileURL(here.resolve("zod/mini")).href);
const registry = z.registry();
for (const [name, schema] of Object.entries(spec)) {
  if (name.endsWith("Schema")) registry.add(schema, { id: name.slice(0, -"Schema".length) });
}
const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/$defs/${id}`, unrepresentable: "any" });
const found = {};
const waiting = [...ROOTS];
while (waiting.length > 0) {
  const name = waiting.pop();
  if (name in found) continue;
  const { $schema, $id, ...body } = schemas[name];
  found[name] = body;
  for (const match of JSON.stringify(body).matchAll(/"#\/\$defs\/(\w+)"/g)) waiting.push(match[1]);
}
// A strict part would refuse what the other parts of an allOf carry: the whole is strict instead.
for (const body of Object.values(found)) {
  if (!body.allOf) continue;
  for (const part of body.allOf) {
    delete (part.$ref ? found[part.$ref.slice("#/$defs/".length)] : part).additionalProperties;
  }
  body.unevaluatedProperties = false;
}
const sorted = Object.fromEntries(Object.keys(found).sort().map((name) => [name, found[name]]));
process.stdout.write(`${JSON.stringify({ $defs: sorted })}\n`);
