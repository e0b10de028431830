// Has Bailiff decide about HTTP requests and gRPC calls before a service sees them.

import { AsyncLocalStorage } from "node:async_hooks";
import { ServerInterceptingCall, ServerListenerBuilder } from "@grpc/grpc-js";

const unavailable = { status: 503, headers: [], body: "authorization is unavailable" };
const callers = new AsyncLocalStorage();

// Whom Bailiff named to the running handler; null where nobody is signed in.
export const identity = () => callers.getStore() ?? null;

// The answer, and what to refuse with. What cannot be answered in time is refused.
const ask = (bailiff, http) =>
  new Promise((resolve) => {
    bailiff.authorize({ http }, { deadline: Date.now() + 500 }, (error, answer) => {
      if (error) return resolve({ refusal: unavailable });
      const { decision } = answer;
      resolve({ ...answer, refusal: decision.effect === "EFFECT_ALLOW" ? null : decision.httpAnswer });
    });
  });

// For Express.
export const guardRequests = (bailiff) => async (request, response, next) => {
  const { method, headers, rawHeaders: raw, originalUrl: path } = request;
  const lines = raw.flatMap((name, at) => (at % 2 ? [] : [{ name, value: raw[at + 1] }]));
  const answer = await ask(bailiff, { method, host: headers.host, path, headers: lines });
  if (answer.refusal) {
    for (const { name, value } of answer.refusal.headers) response.appendHeader(name, value);
    response.statusCode = answer.refusal.status;
    return response.end(answer.refusal.body);
  }
  const { upstream, setCookies } = answer.decision;
  for (const name of upstream?.remove ?? []) delete headers[name.toLowerCase()];
  for (const { name, value } of upstream?.set ?? []) headers[name.toLowerCase()] = value;
  for (const cookie of setCookies) response.appendHeader("set-cookie", cookie);
  callers.run(answer.identity, next);
};

// For gRPC: an interceptor of the server.
export const guardCalls = (bailiff) => (method, call) => {
  let caller = null;
  const known = (next) => callers.run(caller, next);
  const asked = async (metadata, next) => {
    const sent = Object.keys(metadata.getMap()).filter((name) => !name.endsWith("-bin"));
    const headers = sent.flatMap((name) => metadata.get(name).map((value) => ({ name, value })));
    headers.push({ name: "content-type", value: "application/grpc" });
    const http = { method: "POST", host: call.getHost(), path: method.path, headers };
    const { refusal, identity } = await ask(bailiff, http);
    if (refusal) return call.sendStatus({ code: grpcStatus(refusal), details: refusal.body });
    caller = identity;
    known(() => next(metadata));
  };
  const listener = new ServerListenerBuilder().withOnReceiveMetadata(asked).withOnReceiveHalfClose(known);
  return new ServerInterceptingCall(call, { start: (next) => next(listener.build()) });
};

// Refusals come with an HTTP status, and with a gRPC status where that does not follow from it.
const grpcStatus = ({ status, headers }) =>
  Number(headers.find(({ name }) => name === "grpc-status")?.value) || { 401: 16, 403: 7 }[status] || 14;
