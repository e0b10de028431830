"""The same for HTTP, as ASGI middleware."""

from bailiff.v1 import authorization_pb2 as pb
from guard import ask


class HttpGuard:
    def __init__(self, app, bailiff):
        self.app, self.bailiff = app, bailiff

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        answer, refusal = await ask(
            self.bailiff,
            method=scope.get("method", "GET"),
            host=next((value for name, value in headers if name == "host"), ""),
            path=(scope["raw_path"] + query).decode("latin-1"),
            headers=[pb.HttpHeader(name=name, value=value) for name, value in headers],
        )
        if refusal is not None:
            lines = [(h.name.encode(), h.value.encode()) for h in refusal.headers]
            await send({"type": "http.response.start", "status": refusal.status, "headers": lines})
            return await send({"type": "http.response.body", "body": refusal.body.encode()})

        upstream = answer.decision.upstream
        replaced = {name.lower() for name in [*upstream.remove, *(h.name for h in upstream.set)]}
        kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") not in replaced]
        kept += [(h.name.encode(), h.value.encode()) for h in upstream.set]

        async def send_with_cookies(message):
            if message["type"] == "http.response.start":
                cookies = [(b"set-cookie", line.encode()) for line in answer.decision.set_cookies]
                message = {**message, "headers": [*message.get("headers", []), *cookies]}
            await send(message)

        await self.app({**scope, "headers": kept}, receive, send_with_cookies)
