"""The floor of an apply: a bare loop that writes down, syncs and posts as often as an apply has to.

python floor_post.py URL JOURNAL NUMBER

For each creation: two lines appended and synced, a POST on a connection of its own, a third line.
"""

from __future__ import annotations

import json
import os
import sys

import httpx

PHONES = ["5511960000000", "5521960000001", "5531960000002"]
LINE = b'{"at":"2026-01-01T00:00:00Z"}'.ljust(255) + b"\n"


def main(url: str, journal: str, number: int) -> None:
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)

    def write_down() -> None:
        os.write(descriptor, LINE)
        os.fsync(descriptor)

    for index in range(number):
        body = {"autoInvite": False, "groupName": f"Launch {index:06}", "phones": PHONES}
        write_down()
        write_down()
        with httpx.Client(verify=False, trust_env=False) as client:  # noqa: S501  no TLS at loopback
            json.loads(client.post(url, json=body).content)
        write_down()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
