"""Requests to a bucket of object storage (S3, GCS, Azure), in which a state is kept (object_state.py)."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import AzureStore, GCSStore, S3Store

from zapi_sync.core.object_sequence import NO_BUCKET, NO_CONDITIONS, Trouble, trouble_of
from zapi_sync.errors import Code, StateInvalid
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore import PutMode
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

ANSWER_SECONDS = 20
"""So long may a request take."""
_LOOKS_AGAIN = 2
_PAUSES = (0.5, 1.0)
"""Before a put is sent once more, as it was, that got no answer and is not to be found."""
_VARIABLES = {
    "s3": Text("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and the like"),
    "gs": Text("GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT"),
    "az": Text("AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY and the like"),
}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class Bucket:
    """See state.store.Bucket."""

    def __init__(self, cloud: str, bucket: str, name: str) -> None:
        """That of this name in a cloud, for the state called `name`. Raises StateInvalid for an environment
        that cannot be used."""
        self._looking = _store(cloud, bucket, name, retries=_LOOKS_AGAIN)
        self._writing = _store(cloud, bucket, name, retries=0)

    def get(self, path: str) -> tuple[bytes, PutMode] | None:
        with suppress(_Nothing), _asking():
            there = obstore.get(self._looking, path)
            return bytes(there.bytes()), _version(there.meta["e_tag"], there.meta["version"])
        return None

    def has(self, path: str) -> bool:
        with suppress(_Nothing), _asking():
            obstore.head(self._looking, path)
            return True
        return False

    def numbers(self, folder: str) -> list[int]:
        with _asking():
            paths = [each["path"] for some in obstore.list(self._looking, prefix=folder) for each in some]
        names = [path.rpartition("/")[2] for path in paths]
        return [int(name) for name in names if re.fullmatch("[0-9]{10}", name)]

    def delete(self, paths: Sequence[str]) -> None:
        if paths:
            with suppress(_Nothing), _asking():
                obstore.delete(self._writing, paths)

    def put(self, path: str, body: bytes, mode: PutMode) -> PutMode | None:
        """A put without an answer is looked for. Where it is not there, it is sent once more as it was: its
        condition holds but once, so that it is done but once."""
        trouble = Trouble(Text("others were writing it, too"), Text("run this again"))
        for pause in (*_PAUSES, 0.0):
            is_refused = False
            try:
                version = self.put_once(path, body, mode)
                if version:
                    return version
                is_refused = True
            except Trouble as met:
                if met.is_final:
                    raise
                trouble = met
            there, now = self.get(path) or (None, None)
            if there == body:
                return now
            if there is not None and is_refused and now != mode:
                return None
            time.sleep(pause)
        raise trouble

    def put_once(self, path: str, body: bytes, mode: PutMode) -> PutMode | None:
        try:
            with _asking():
                done = obstore.put(self._writing, path, body, mode=mode, use_multipart=False)
                return _version(done["e_tag"], done["version"])
        except (AlreadyExistsError, PreconditionError):
            return None


class _Nothing(Trouble):
    """There is no such object, or no such bucket."""


@contextmanager
def _asking() -> Iterator[None]:
    """Refused conditions pass, all else becomes Trouble."""
    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise
    except FileNotFoundError:
        raise _Nothing(*NO_BUCKET, is_final=True) from None
    except BaseError as error:
        raise trouble_of(str(error)) from None


def _version(e_tag: str | None, version: str | None) -> PutMode:
    if e_tag is None:
        raise Trouble(*NO_CONDITIONS)
    return {"e_tag": e_tag, "version": version} if version else {"e_tag": e_tag}


def _store(cloud: str, bucket: str, name: str, *, retries: int) -> ObjectStore:
    """The cloud's own environment says the rest: credentials, region, endpoint."""
    client: ClientConfig = {
        "timeout": f"{ANSWER_SECONDS}s",
        "connect_timeout": "5s",
        # shorter than any service's: a connection that it is about to close would leave a put in doubt
        "pool_idle_timeout": "5s",
    }
    retry: RetryConfig = {"max_retries": retries, "retry_timeout": timedelta(seconds=ANSWER_SECONDS)}
    try:
        if cloud == "gs":
            return GCSStore(bucket, client_options=client, retry_config=retry)
        if cloud == "az":
            return AzureStore(bucket, client_options=client, retry_config=retry)
        plain = [variable for variable in _ENDPOINTS if _is_plain(variable, name)]
        client["allow_http"] = bool(plain)
        return S3Store(bucket, client_options=client, retry_config=retry)
    except BaseError:  # its text may hold what the environment does
        raise StateInvalid.of(
            Code.STATE_ADDRESS,
            Text("the environment's settings for {cloud}:// cannot be used", cloud=cloud),
            hint=Text(
                "see to the variables {variables}, which are lacking or cannot be read",
                variables=_VARIABLES[cloud],
            ),
            file=name,
        ) from None


def _is_plain(variable: str, name: str) -> bool:
    """Whether it names an endpoint at plain HTTP, which is for this machine alone. Raises StateInvalid."""
    text = os.environ.get(variable)
    if text is None:
        return False
    found = re.fullmatch(
        r"(https?)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:/[\w./-]*)?", text
    )
    if found and found[1] == "https":
        return False
    if found and re.fullmatch(r"localhost|127(\.[0-9]{1,3}){3}|\[::1\]", found[2]):
        return True
    raise StateInvalid.of(
        Code.STATE_ADDRESS,
        Text("{variable} is no endpoint that a state can be sent to", variable=variable),
        hint=Text("write https://HOST, or http://127.0.0.1:PORT for a service on this machine; or unset it"),
        file=name,
    )
