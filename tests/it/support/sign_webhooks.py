"""Signs messages with Svix's own package: a line of JSON in, a signature out."""

import datetime
import json
import sys

from svix.webhooks import Webhook

for line in sys.stdin:
    asked = json.loads(line)
    sent = datetime.datetime.fromtimestamp(asked["timestamp"], datetime.timezone.utc)
    print(Webhook(asked["secret"]).sign(asked["id"], sent, asked["body"]), flush=True)
