r"""A service that has Bailiff guard its HTTP route and its gRPC method.

    pip install -r requirements.txt
    python -m grpc_tools.protoc -I ../../proto -I ../proto --python_out=. --grpc_python_out=. \
        bailiff/v1/authorization.proto shop/v1/invoices.proto
    BAILIFF_ADDRESS=127.0.0.1:9191 python service.py
"""

import asyncio
import os

import grpc
import uvicorn
from bailiff.v1 import authorization_pb2_grpc
from fastapi import FastAPI, Request
from guard import CallGuard, identity
from http_guard import HttpGuard
from shop.v1 import invoices_pb2, invoices_pb2_grpc

app = FastAPI()


def reader() -> str:
    caller = identity.get()
    return caller.user_id if caller else ""


@app.get("/orgs/{org}/invoices/{id}")
async def get_invoice(id: str, request: Request):
    # Only what Bailiff says is left of the identity headers.
    headers = {name: request.headers.getlist(name) for name in ["x-user-id", "x-org-id"]}
    return {"id": id, "read_by": reader(), "headers": headers}


class Invoices(invoices_pb2_grpc.InvoiceServiceServicer):
    async def GetInvoice(self, asked, context):
        return invoices_pb2.Invoice(id=asked.id, read_by=reader())


async def main():
    async with grpc.aio.insecure_channel(os.environ.get("BAILIFF_ADDRESS", "127.0.0.1:9191")) as channel:
        bailiff = authorization_pb2_grpc.AuthorizationServiceStub(channel)
        calls = grpc.aio.server(interceptors=[CallGuard(bailiff, host="shop.test")])
        invoices_pb2_grpc.add_InvoiceServiceServicer_to_server(Invoices(), calls)
        calls.add_insecure_port(f"127.0.0.1:{os.environ.get('GRPC_PORT', '50051')}")
        await calls.start()
        port = int(os.environ.get("HTTP_PORT", "8080"))
        await uvicorn.Server(uvicorn.Config(HttpGuard(app, bailiff), port=port, proxy_headers=False)).serve()


asyncio.run(main())
