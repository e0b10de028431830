// A service that has Bailiff guard its HTTP route and its gRPC method.
//
//   npm ci && BAILIFF_ADDRESS=127.0.0.1:9191 node service.js

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials, credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import express from "express";
import { guardCalls, guardRequests, identity } from "./guard.js";

const here = dirname(fileURLToPath(import.meta.url));
const definition = loadSync(["bailiff/v1/authorization.proto", "shop/v1/invoices.proto"], {
  includeDirs: [join(here, "../../proto"), join(here, "../proto")],
  enums: String,
  defaults: true,
  oneofs: true,
});
const protos = loadPackageDefinition(definition);
const address = process.env.BAILIFF_ADDRESS ?? "127.0.0.1:9191";
const bailiff = new protos.bailiff.v1.AuthorizationService(address, credentials.createInsecure());

const app = express();
app.use(guardRequests(bailiff));
app.get("/orgs/:org/invoices/:id", (request, response) => {
  // Only what Bailiff says is left of the identity headers.
  const values = (name) => [request.headers[name] ?? []].flat();
  const headers = { "x-user-id": values("x-user-id"), "x-org-id": values("x-org-id") };
  response.json({ id: request.params.id, read_by: identity()?.userId ?? "", headers });
});
app.listen(Number(process.env.HTTP_PORT ?? 8080), "127.0.0.1");

const calls = new Server({ interceptors: [guardCalls(bailiff)] });
calls.addService(protos.shop.v1.InvoiceService.service, {
  getInvoice: ({ request }, answer) => answer(null, { id: request.id, readBy: identity()?.userId ?? "" }),
});
const port = process.env.GRPC_PORT ?? "50051";
calls.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
