r"""Keeps a table of users in step with Clerk, through Bailiff.

    pip install -r requirements.txt
    python -m grpc_tools.protoc -I ../../proto --python_out=. --grpc_python_out=. \
        bailiff/v1/events.proto
    BAILIFF_ADDRESS=127.0.0.1:9191 python user_table.py users.db
    python user_table.py --list users.db

Prints a line for each event. Kill it whenever you like: it goes on where it was.
"""

import json
import os
import random
import sqlite3
import sys
import time

import grpc
from bailiff.v1 import events_pb2 as pb
from bailiff.v1 import events_pb2_grpc

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, first_name TEXT, updated_at INTEGER NOT NULL, deleted INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS place (only INTEGER PRIMARY KEY CHECK (only = 1), cursor TEXT NOT NULL);
"""

# Events come at least once, and Clerk sends them in no order: a row takes what is as new as itself,
# so that the same event again changes nothing, and a user who was deleted does not come back.
UPSERT = """
INSERT INTO users VALUES (:id, :first_name, :updated_at, 0)
ON CONFLICT (id) DO UPDATE SET first_name = :first_name, updated_at = :updated_at
WHERE NOT deleted AND :updated_at >= updated_at
"""
DELETE = """
INSERT INTO users VALUES (:id, NULL, 0, 1)
ON CONFLICT (id) DO UPDATE SET first_name = NULL, deleted = 1
"""


def apply(table: sqlite3.Connection, response: pb.SubscribeResponse) -> None:
    """The row and the cursor change together or not at all."""
    with table:
        if response.HasField("event"):
            # `payload_json` has numbers as they were signed; in `data` they are doubles.
            user = json.loads(response.event.payload_json)["data"]
            if response.event.type == "user.deleted":
                table.execute(DELETE, {"id": user["id"]})
            else:
                row = {key: user.get(key) for key in ("id", "first_name", "updated_at")}
                table.execute(UPSERT, row)
        table.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (response.cursor,))
    if response.HasField("event"):
        print(response.event.id, response.event.type, flush=True)


def follow(table: sqlite3.Connection, bailiff: events_pb2_grpc.EventServiceStub) -> None:
    """Ends when the stream does."""
    place = table.execute("SELECT cursor FROM place").fetchone()
    request = pb.SubscribeRequest(types=["user.*"])
    if place is None:
        request.from_start = True
    else:
        request.after = place[0]
    for response in bailiff.Subscribe(request):
        apply(table, response)


def main() -> None:
    listing = sys.argv[1] == "--list"
    table = sqlite3.connect(sys.argv[-1])
    table.executescript(SCHEMA)
    if listing:
        rows = table.execute("SELECT id, first_name FROM users WHERE NOT deleted ORDER BY id")
        print(json.dumps(dict(rows.fetchall())))
        return
    address = os.environ.get("BAILIFF_ADDRESS", "127.0.0.1:9191")
    wait = 0.1
    while True:
        begun = time.monotonic()
        try:
            with grpc.insecure_channel(address) as channel:
                follow(table, events_pb2_grpc.EventServiceStub(channel))
        except grpc.RpcError as error:
            print(error.code().name, error.details(), file=sys.stderr, flush=True)
            if error.code() == grpc.StatusCode.OUT_OF_RANGE:
                # What was missed is kept nowhere: read all users from Clerk, empty `place`, begin anew.
                sys.exit(3)
            if error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED):
                sys.exit(1)
        wait = 0.1 if time.monotonic() - begun > 10 else min(wait * 2, 5)
        time.sleep(wait * random.uniform(0.5, 1))


if __name__ == "__main__":
    main()
