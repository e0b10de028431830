"""Has Bailiff decide about HTTP requests and gRPC calls before a service sees them."""

from contextvars import ContextVar

import grpc
from bailiff.v1 import authorization_pb2 as pb

UNAVAILABLE = pb.HttpAnswer(status=503, body="authorization is unavailable")
CODES = {code.value[0]: code for code in grpc.StatusCode}
# Whom Bailiff named to the running handler; None where nobody is signed in.
identity: ContextVar[pb.Identity | None] = ContextVar("identity", default=None)


async def ask(bailiff, **request) -> tuple[pb.AuthorizeResponse, pb.HttpAnswer | None]:
    """The answer, and what to refuse with. What cannot be answered in time is refused."""
    try:
        question = pb.AuthorizeRequest(http=pb.HttpRequest(**request))
        answer = await bailiff.Authorize(question, timeout=0.5)
    except (grpc.RpcError, ValueError):
        return pb.AuthorizeResponse(), UNAVAILABLE
    identity.set(answer.identity if answer.HasField("identity") else None)
    allowed = answer.decision.effect == pb.EFFECT_ALLOW
    return answer, None if allowed else answer.decision.http_answer


class CallGuard(grpc.aio.ServerInterceptor):
    """For gRPC. The library does not tell the host that was called, so it is given."""

    def __init__(self, bailiff, host: str):
        self.bailiff, self.host = bailiff, host

    async def intercept_service(self, continuation, call):
        sent = [item for item in call.invocation_metadata if isinstance(item[1], str)]
        headers = [pb.HttpHeader(name=name, value=value) for name, value in sent]
        headers.append(pb.HttpHeader(name="content-type", value="application/grpc"))
        _, refusal = await ask(
            self.bailiff, method="POST", host=self.host, path=call.method, headers=headers
        )
        if refusal is None:
            return await continuation(call)
        told = next((int(h.value) for h in refusal.headers if h.name == "grpc-status"), None)
        code = CODES[told or {401: 16, 403: 7}.get(refusal.status, 14)]

        async def refuse(_, context):
            await context.abort(code, refusal.body)

        return grpc.unary_unary_rpc_method_handler(refuse)
