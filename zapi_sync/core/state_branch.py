"""A state's branch in a git repository, as far as it is text: address, files, lock, and what git says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zapi_sync.core.holding import Kept, holder_text, read_holder
from zapi_sync.core.moments import moment_of
from zapi_sync.dataclass import dataclass
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from zapi_sync.core.holding import Holder

TIP, NEXT = "refs/zapi-sync/tip", "refs/zapi-sync/next"
"""The branch as it was fetched, and the last commit made, in the repository that commits are made in."""
FORM = Text("write git:[REMOTE/]BRANCH[#NAME], such as git:zapi-state or git:origin/zapi-state#launch")
_STEM = "[a-z0-9][a-z0-9._-]{0,99}"
_ADDRESS = rf"git:([^#\s]+)(?:#({_STEM}))?"
_ENTRY = rf"README\.md|{_STEM}\.state\.json(?:\.journal|\.backup|\.lock)?"
_SUFFIXES = ("", ".journal", ".backup", ".lock")
_OF_REMOTE = r"remote\.(.+)\.(url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack|vcs)"
_PASSED_ON = ("url.", "http.", "credential.", "protocol.", "ssh.", "core.sshcommand", "core.askpass")
_OURS = {"core.hooksPath": "/dev/null", "gc.auto": "0", "maintenance.auto": "false", "core.fsync": "none"}

_DECLINED = r"declined|protected branch|GH0\d\d|are not (?:allowed|permitted)|TF4\d{5}"
_DENIED = (
    r"could not read (?:username|password)|authentication failed|permission (?:to .* )?denied|access denied"
    r"|returned error: 40[13]|not authorized|repository .*not found|terminal prompts disabled"
    r"|host key verification failed"
)
_UNREACHED = re.compile(
    r"could not resolve|unable to access|could not read from remote|connection|timed out|early eof"
    r"|hung up|disconnect|does not appear to be a git repository|rpc failed|does not exist",
    re.IGNORECASE,
)
_REJECTED = r"\[(?:remote )?rejected\]"
_MOVED = re.compile(
    r"stale info|fetch first|non-fast-forward|lock|update ref|expected|already exists|old value",
    re.IGNORECASE,
)


class GitFailed(Exception):
    """What went wrong, in words of ours: git's own repeat URLs, which may hold a token. Where it is `final`,
    trying again would not help."""

    def __init__(self, why: str, hint: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.why, self.hint, self.final = why, hint, final


@dataclass(frozen=True, slots=True)
class Lock:
    """Who has it until when; its fence goes up each time that it is taken, and stays when it is free."""

    fence: int = 0
    holder: Holder | None = None
    until: datetime = datetime.min.replace(tzinfo=UTC)

    def text(self) -> bytes:
        members: dict[str, object] = {"fence": self.fence}
        if self.holder:
            until = self.until.isoformat(timespec="milliseconds")
            members = {**json.loads(holder_text(self.holder)), **members, "until": until}
        return json.dumps(members).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Tip:
    """What the branch holds of one state at one commit, which is None where there is no branch."""

    commit: str | None = None
    kept: Kept = Kept()
    lock: Lock = Lock()

    def files(self, stem: str) -> dict[str, bytes | None]:
        lock = self.lock.text() if self.lock.fence else None
        texts = (self.kept.state, self.kept.journal or None, self.kept.backup, lock)
        return dict(zip(names(stem), texts, strict=True))


def names(stem: str) -> list[str]:
    """The files of a state: itself, its journal, its backup and its lock."""
    return [f"{stem}.state.json{suffix}" for suffix in _SUFFIXES]


def read_address(address: str, remotes: Collection[str]) -> tuple[str, str, str]:
    """The remote, the branch and the stem that an address names. Raises GitFailed."""
    found = re.fullmatch(_ADDRESS, address)
    if not found:  # it is not repeated: it may be a URL with a token
        raise GitFailed(Text("this address names no branch of a git repository"), FORM)
    path, stem = found.groups()
    first, _, rest = path.partition("/")
    remote, branch = (first, rest) if rest and first in remotes else ("origin", path)
    return remote, branch, stem or "groups"


def tip_of(answer: bytes, branch: str) -> Tip:
    """What `git cat-file --batch` says to `questions`. Raises GitFailed for a branch of something else."""
    (commit, _), (tree, listing), *files = _objects(answer)
    others = [name for name in _entries(listing, len(tree) // 2) if not re.fullmatch(_ENTRY, name)]
    if others:
        raise GitFailed(
            Text(
                "the branch {branch} holds other files than states, such as {file!r}",
                branch=branch,
                file=others[0][:80],
            ),
            Text("name a branch that is for states alone; it is made where there is none: git:zapi-state"),
            final=True,
        )
    state, journal, backup, lock = (content if oid else None for oid, content in files)
    return Tip(commit, Kept(state, journal or b"", backup), Lock() if lock is None else _read_lock(lock))


def questions(stem: str) -> bytes:
    asked = [TIP, f"{TIP}^{{tree}}", *(f"{TIP}:{name}" for name in names(stem))]
    return "".join(f"{each}\n" for each in asked).encode()


def _objects(answer: bytes) -> Iterator[tuple[str, bytes]]:
    """The id and the content of each object, both empty where there is none."""
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        oid, _, size = answer[at:end].decode().rpartition(" ")
        at = end + 1
        if size == "missing":
            yield "", b""
        else:
            yield oid.partition(" ")[0], answer[at : at + int(size)]
            at += int(size) + 1


def _entries(tree: bytes, width: int) -> Iterator[str]:
    """The names in a tree, each of which stands between a mode and an id of that many bytes."""
    while tree:
        name, _, rest = tree.partition(b" ")[2].partition(b"\0")
        yield name.decode(errors="replace")
        tree = rest[width:]


def _read_lock(text: bytes) -> Lock:
    try:
        members = json.loads(text)
        fence = int(members["fence"])
        if "id" not in members:
            return Lock(fence)
        return Lock(fence, read_holder(text), moment_of(members["until"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        raise GitFailed(
            Text("its lock is not as it was written"),
            Text("restore the .lock file on the branch from its history"),
            final=True,
        ) from None


def commit_stream(
    parent: str | None, changed: Mapping[str, bytes | None], author: str, message: str, at: datetime
) -> bytes:
    """What makes `git fast-import` commit the parent's files with these changes, where None is a file
    removed, and tell the commit's id."""
    text = message.encode()
    stream = [
        b"commit %b\nmark :1\n" % NEXT.encode(),
        b"committer %b %d +0000\n" % (author.encode(errors="replace"), at.timestamp()),
        b"data %d\n%b\n" % (len(text), text),
        b"from %b\n" % parent.encode() if parent else b"",
    ]
    for name, content in changed.items():
        if content is None:
            stream.append(f"D {name}\n".encode())
        else:
            stream.append(b"M 100644 inline %b\ndata %d\n%b\n" % (name.encode(), len(content), content))
    return b"".join((*stream, b"\nget-mark :1\ndone\n"))


Settings = list[tuple[str, str, str]]
"""The scope, the name and the value of each."""


def read_settings(listed: str) -> Settings:
    """What `git config --list --show-scope --null` says."""
    fields = listed.split("\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    return [
        (scope, name, value if equals else "true")
        for scope, (name, equals, value) in ((scope, each.partition("\n")) for scope, each in pairs)
    ]


def remotes_of(settings: Settings) -> set[str]:
    return {found[1] for _, name, _ in settings if (found := re.fullmatch(_OF_REMOTE, name))}


def passed_on(settings: Settings, remote: str, branch: str) -> Iterator[tuple[str, str]]:
    """The settings with which another repository reaches a remote as this one does, by the name `state`.

    It is read where it is written, at its push URL: a mirror may be behind what this run wrote itself.
    """
    urls: dict[str, str] = {}
    for scope, name, value in settings:
        found = re.fullmatch(_OF_REMOTE, name)
        if found and found[1] == remote:
            if "url" in found[2]:
                urls.setdefault(found[2], value)
            else:
                yield f"remote.state.{found[2]}", value
        elif scope not in ("system", "global") and name.startswith(_PASSED_ON):
            yield name, value
    yield "remote.state.url", urls.get("pushurl") or urls.get("url", "")
    yield "remote.state.fetch", f"+refs/heads/{branch}:{TIP}"
    yield from _OURS.items()


def author_of(settings: Settings, environment: Mapping[str, str]) -> str:
    """Whom commits are by: who commits here otherwise, or zapi-sync."""
    set_up = {name: value for _, name, value in settings}
    name = environment.get("GIT_COMMITTER_NAME") or set_up.get("user.name")
    email = environment.get("GIT_COMMITTER_EMAIL") or set_up.get("user.email")
    if not name or not email:
        name, email = "zapi-sync", "zapi-sync@localhost"
    name, email = (re.sub(r"[<>\x00-\x1f]", "", each) for each in (name, email))
    return f"{name} <{email}>"


def failure(said: str, code: int, remote: str, branch: str) -> GitFailed:
    """Why git failed, by what it said, which is not repeated."""
    said = said.replace(f"refs/heads/{branch}", "")
    see = Text("git ls-remote {remote} tells more", remote=remote)
    if re.search(_DECLINED, said):
        return GitFailed(
            Text("the remote declined it: a rule or a hook guards the branch {branch}", branch=branch),
            Text(
                "allow whoever runs zapi-sync to push to {branch}; it never needs to force a push",
                branch=branch,
            ),
            final=True,
        )
    if re.search(_DENIED, said, re.IGNORECASE):
        return GitFailed(
            Text("access to the remote {remote} was denied", remote=remote),
            Text(
                "see to credentials that may read and push there "
                "(in GitHub Actions: permissions: contents: write); {see}",
                see=see,
            ),
            final=True,
        )
    if _UNREACHED.search(said):
        why = (
            Text("the remote {remote} cannot be reached in time", remote=remote)
            if re.search("timed out", said)
            else Text("the remote {remote} cannot be reached", remote=remote)
        )
        return GitFailed(why, Text("{see}; then run it again", see=see))
    if not re.search(_REJECTED, said):
        return GitFailed(Text("git failed with exit code {code}", code=code), see)
    if _MOVED.search(said):
        hint = Text("run it again; if it stays so, give the state a branch of its own")
        return GitFailed(Text("others write to the branch {branch} all the time", branch=branch), hint)
    hint = Text("git push {remote} HEAD:refs/heads/{branch}-test tells more", remote=remote, branch=branch)
    return GitFailed(
        Text("the remote refuses what is pushed to the branch {branch}", branch=branch), hint, final=True
    )
