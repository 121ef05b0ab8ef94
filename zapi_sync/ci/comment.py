"""comment.py FILE: puts a file of markdown into one comment of the pull request, found again by a mark.

Where that cannot be, it says so and the job goes on: the job's summary, or its artifact, has the same.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = 100
SECONDS = 30.0

Comment = Mapping[str, Any]


@dataclass(frozen=True)
class Thread:
    """Where the comments of one request are, how one is changed, and which are not somebody else's."""

    client: httpx.Client
    comments: str
    comment: str
    update: str
    is_ours: Callable[[Comment], bool]

    def put(self, mark: str, text: str) -> None:
        """Change the comment with that mark, or write the first one."""
        body = {"body": f"{mark}\n{text}"}
        for found in self._all():
            if found["body"].startswith(mark) and self.is_ours(found):
                path = self.comment.format(found["id"])
                self.client.request(self.update, path, json=body).raise_for_status()
                return
        self.client.post(self.comments, json=body).raise_for_status()

    def _all(self) -> Iterator[Comment]:
        for number in count(1):
            answer = self.client.get(self.comments, params={"per_page": PAGE, "page": number})
            page = answer.raise_for_status().json()
            yield from page
            if len(page) < PAGE:
                return


def github(env: Mapping[str, str]) -> Thread:
    """The comments of a pull request. Those of a job's token are a bot's."""
    headers = {"Authorization": f"Bearer {env['COMMENT_TOKEN']}", "Accept": "application/vnd.github+json"}
    client = httpx.Client(base_url=env["GITHUB_API_URL"], headers=headers, timeout=SECONDS)
    issues = f"/repos/{env['GITHUB_REPOSITORY']}/issues"
    comments = f"{issues}/{env['PULL_REQUEST']}/comments"
    return Thread(
        client, comments, f"{issues}/comments/{{}}", "PATCH", lambda it: it["user"]["type"] == "Bot"
    )


def gitlab(env: Mapping[str, str]) -> Thread:
    """The notes of a merge request."""
    headers = {"PRIVATE-TOKEN": env["NOTE_TOKEN"]}
    client = httpx.Client(base_url=env["CI_API_V4_URL"], headers=headers, timeout=SECONDS)
    notes = f"/projects/{env['CI_PROJECT_ID']}/merge_requests/{env['CI_MERGE_REQUEST_IID']}/notes"

    def is_ours(note: Comment) -> bool:
        me = client.get("/user").raise_for_status().json()
        return bool(note["author"]["id"] == me["id"])

    return Thread(client, notes, f"{notes}/{{}}", "PUT", is_ours)


def mark(env: Mapping[str, str]) -> str:
    """An HTML comment, another one for each folder and files: a repository may have several plans."""
    root = env.get("GITHUB_WORKSPACE") or env.get("CI_PROJECT_DIR") or "."
    about = f"{os.path.relpath('.', root)}\n{env.get('ZAPI_SYNC_FILES', '')}"
    return f"<!-- zapi-sync plan {zlib.crc32(about.encode()):08x} -->"


def main(file: str, env: Mapping[str, str]) -> None:
    """Does what this module says."""
    try:
        thread = github(env) if env.get("GITHUB_ACTIONS") else gitlab(env)
        thread.put(mark(env), Path(file).read_text("utf-8"))
    except KeyError as missing:
        note = f"{missing.args[0]} is not set"
    except httpx.HTTPStatusError as error:
        answer = error.response
        note = f"{answer.status_code} {answer.reason_phrase}; may the job's token write comments?"
    except (httpx.HTTPError, OSError, ValueError) as error:
        note = type(error).__name__
    else:
        return
    sys.stderr.write(f"zapi-sync: the plan is not in a comment: {note}\n")


if __name__ == "__main__":
    main(sys.argv[1], os.environ)
