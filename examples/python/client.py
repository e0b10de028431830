r"""Asks Bailiff from Python: may this session do that, and whose session is it?

    pip install -r requirements.txt
    python -m grpc_tools.protoc -I ../../proto --python_out=. --grpc_python_out=. \
        bailiff/v1/authorization.proto
    BAILIFF_ADDRESS=127.0.0.1:9191 python client.py "$SESSION_TOKEN"

Prints one JSON line.
"""

import json
import os
import sys

import grpc
from bailiff.v1 import authorization_pb2 as pb
from bailiff.v1 import authorization_pb2_grpc
from google.protobuf.json_format import MessageToDict


def verdict(answer: pb.AuthorizeResponse) -> dict:
    decision = answer.decision
    return {
        "effect": pb.Effect.Name(decision.effect),
        "reason": decision.reason,
        "rule": decision.rule,
        "status": decision.http_answer.status,
    }


def main() -> None:
    address = os.environ.get("BAILIFF_ADDRESS", "127.0.0.1:9191")
    token = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BAILIFF_TOKEN", "")
    credential = pb.Credential(token=token)

    with grpc.insecure_channel(address) as channel:
        bailiff = authorization_pb2_grpc.AuthorizationServiceStub(channel)

        # A request that this service received, judged by the `routes` of the policy.
        request = pb.HttpRequest(method="GET", host="shop.test", path="/orgs/acme/invoices/7")
        http = bailiff.Authorize(pb.AuthorizeRequest(credential=credential, http=request), timeout=5)

        # The same question as `has({ permission: ... })`, with no policy entry involved.
        needed = pb.Requirement(permissions=["org:invoices:manage"])
        asked = pb.AuthorizeRequest(credential=credential, requirement=needed)
        requirement = bailiff.Authorize(asked, timeout=5)

        # Whose token it is. A refusal above is an answer; here a bad token is an error.
        try:
            claims = bailiff.GetClaims(pb.GetClaimsRequest(credential=credential), timeout=5)
            who = {"user": claims.identity.user_id, "claims": MessageToDict(claims.claims)}
        except grpc.RpcError as error:
            who = {"code": error.code().name, "message": error.details()}

    print(json.dumps({"http": verdict(http), "requirement": verdict(requirement), "who": who}))


if __name__ == "__main__":
    main()
