"""Requests made up from the served OpenAPI document, right and wrong ones: the answers are as it says.

A program of its own: `python -m sandbox.openapi_fuzz EXAMPLES OPERATION...`. Merely to import schemathesis
changes hypothesis for the whole process: no failing input of any test is shown any more.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.schemas import OpenApiSchema

from .fuzzed import CLIENT_TOKEN, TOKEN, Fuzzed, fuzzed, no_hang

Case = schemathesis.Case[Any]

LOOKUPS = [
    "groups",
    "groupMetadata",
    "lightGroupMetadata",
    "groupInvitationLink",
    "groupInvitationLinkUntil2026",
]

# Any values of their parameters will do, so only their Client-Token can be wrong.
NOTHING_TO_GET_WRONG = ("status", "me", "device")


def fuzz(name: str, sandbox: Fuzzed, examples: int) -> None:
    """Send right and wrong requests to one operation: many that are let in, and some for the doorkeeper."""
    let_in, judged_at_the_door = document(sandbox, doorkeeper=False), document(sandbox, doorkeeper=True)
    for mode in schemathesis.GenerationMode:
        if mode.is_positive or name not in NOTHING_TO_GET_WRONG:

            @made_up(examples)
            @given(let_in.find_operation_by_id(name).as_strategy(generation_mode=mode))
            def check(case: Case) -> None:
                answer = ask(case, sandbox, {"Client-Token": CLIENT_TOKEN})
                if name == "createGroup" and answer.status_code == 200:
                    look_up(let_in, case, answer, sandbox)

            check()

        @made_up(examples // 4)
        @given(judged_at_the_door.find_operation_by_id(name).as_strategy(generation_mode=mode))
        def check_door(case: Case) -> None:
            ask(case, sandbox)

        check_door()


def document(sandbox: Fuzzed, *, doorkeeper: bool) -> OpenApiSchema:
    """Load the document as it is served; the Client-Token is made up too, or left to us."""
    document = schemathesis.openapi.from_wsgi("/openapi.json", sandbox.app)
    document.config.generation.update(with_security_parameters=doorkeeper)
    # It holds that a made-up Client-Token must not do, but any does, except one.
    document.config.checks.ignored_auth.enabled = False
    return document


def made_up(examples: int) -> settings:
    """Return settings under which each run makes up the same requests, and leaves nothing behind."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


def ask(case: Case, sandbox: Fuzzed, headers: dict[str, str] | None = None) -> schemathesis.Response:
    """Send one request with the token where it belongs, and hold the answer against the document."""
    case.path_parameters["token"] = f"{TOKEN}{case.path_parameters.get('token', '')}"
    answer = case.call(headers=headers)
    path = unquote(urlsplit(str(answer.request.url)).path)
    sandbox.judge(case.method, path, answer.status_code, answer.content)
    case.validate_response(answer, headers=headers)
    return answer


def look_up(document: OpenApiSchema, created: Case, answer: schemathesis.Response, sandbox: Fuzzed) -> None:
    """Ask for a group that was just created: the look-ups tell what was ordered, as the document says."""
    group = answer.json()
    told = {}
    for name in LOOKUPS:
        operation = document.find_operation_by_id(name)
        case = operation.Case(
            path_parameters={**created.path_parameters, "phone": group["phone"], "token": "x"},
            query={"page": 1, "pageSize": 1} if name == "groups" else {},
        )
        answer = ask(case, sandbox, {"Client-Token": CLIENT_TOKEN})
        assert answer.status_code == 200
        told[name] = answer.json()
    ordered: Any = created.body
    assert told["groups"][0]["phone"] == told["groupMetadata"]["phone"] == group["phone"]
    assert told["groups"][0]["name"] == told["groupMetadata"]["subject"] == ordered["groupName"]
    assert told["groupInvitationLink"]["invitationLink"] == group["invitationLink"]


def main(examples: int, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, fuzzed(Path(folder, "sandbox.db")) as sandbox:
        for name in names:
            with no_hang(600):
                fuzz(name, sandbox, examples)
        sys.stdout.write(f"{sandbox.sent}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
