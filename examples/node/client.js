// Asks Bailiff from Node: may this session do that, and whose session is it?
//
//   npm ci
//   BAILIFF_ADDRESS=127.0.0.1:9191 node client.js "$SESSION_TOKEN"
//
// Prints one JSON line.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Metadata, credentials, loadPackageDefinition, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const here = dirname(fileURLToPath(import.meta.url));
const protos = process.env.BAILIFF_PROTOS ?? join(here, "../../proto");
const definition = loadSync("bailiff/v1/authorization.proto", {
  includeDirs: [protos],
  enums: String,
  defaults: true,
  oneofs: true,
});
const { AuthorizationService } = loadPackageDefinition(definition).bailiff.v1;

const address = process.env.BAILIFF_ADDRESS ?? "127.0.0.1:9191";
const credential = { token: process.argv[2] ?? process.env.BAILIFF_TOKEN ?? "" };
const bailiff = new AuthorizationService(address, credentials.createInsecure());

const call = (method, message) =>
  promisify(bailiff[method].bind(bailiff))(message, new Metadata(), { deadline: Date.now() + 5000 });

const verdict = ({ decision }) => ({
  effect: decision.effect,
  reason: decision.reason,
  rule: decision.rule,
  status: decision.httpAnswer?.status ?? 0,
});

// A `google.protobuf.Struct` as the object that it stands for.
const plain = ({ fields }) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainValue(value)]));
const plainValue = ({ kind, ...value }) => {
  if (kind === "structValue") return plain(value.structValue);
  if (kind === "listValue") return value.listValue.values.map(plainValue);
  return kind === "nullValue" ? null : value[kind];
};

// A request that this service received, judged by the `routes` of the policy.
const request = { method: "GET", host: "shop.test", path: "/orgs/acme/invoices/7" };
const http = await call("authorize", { credential, http: request });

// The same question as `has({ permission: ... })`, with no policy entry involved.
const needed = { permissions: ["org:invoices:manage"] };
const requirement = await call("authorize", { credential, requirement: needed });

// Whose token it is. A refusal above is an answer; here a bad token is an error.
const who = await call("getClaims", { credential }).then(
  ({ identity, claims }) => ({ user: identity.userId, claims: plain(claims) }),
  (error) => ({ code: status[error.code], message: error.details }),
);

console.log(JSON.stringify({ http: verdict(http), requirement: verdict(requirement), who }));
bailiff.close();
