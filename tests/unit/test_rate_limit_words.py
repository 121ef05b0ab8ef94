"""Words that ask to slow down, at any status and in three languages; and words that only look like them."""

from __future__ import annotations

import json

from zapi_sync.core.outcome import Answer, Cause, Created, RateLimit, Rejected, Unknown
from zapi_sync.zapi.outcomes import classify

from .test_outcome import ID, MADE, NOTHING, REPORTS, said

SLOW_DOWN = [
    "rate-overlimit", "RATE_OVERLIMIT", "too many requests", "TOO_MANY_REQUESTS", "TooManyRequests",
    "Too many groups too quickly", "Rate limit exceeded", "rate_limit", "ratelimit", "You are going too fast",
    "Please try again later", "try again in 60 seconds", "Slow down", "Request was throttled",
    "Quota exceeded", "Limit reached", "Muitas requisições", "MUITAS TENTATIVAS", "Muitos grupos criados",
    "Limite excedido", "limite de requisições atingido", "Limite de taxa", "Muito rápido", "rápido demais",
    "Tente novamente mais tarde", "tente mais tarde", "Demasiadas solicitudes", "Demasiados intentos",
    "Límite de velocidad", "Límite superado", "Demasiado rápido", "Inténtelo de nuevo más tarde",
    "intente más tarde", "Vuelva a intentarlo más tarde", "Please try again after 60 seconds",
    "retry after 60 seconds", "Please wait a few minutes before you try again", "Try again tomorrow",
    "Try again at a later time", "You have exceeded the limit of requests", "Exceeded the quota",
    "You have reached the limit of groups", "limit for creating groups has been reached", "Rate exceeded.",
    "Too much requests", "Excessive requests", "FLOOD_WAIT_3600", "Limit was already reached",
    "Você atingiu o limite de grupos", "Você excedeu o limite de requisições", "Limite diário atingido",
    "Limite de criação de grupos atingido", "Excesso de requisições", "Tente novamente em alguns minutos",
    "aguarde 5 minutos antes de tentar novamente", "Taxa de requisições excedida", "Requisições demais",
    "Se ha superado el límite", "Has alcanzado el límite de grupos", "Límite de grupos alcanzado",
    "Muchas solicitudes", "Exceso de solicitudes", "Intente de nuevo en unos minutos", "Límite de frecuencia",
    "Too&nbsp;Many&nbsp;Requests", "Too <b>many</b> requests", "Muitas requisi&ccedil;&otilde;es",
    "toomanyrequests",
]  # fmt: skip
"""How a rate limit may be told, in English, Portuguese and Spanish."""
GATEWAY = b"<h1>An error occurred.</h1><p>Please try again later.</p>"
OTHER_WORDS = [
    "Invalid entry in phones",
    "Phone country in list is not supported",
    "separate limits apply",
    "Too many participants",
    "Demasiados caracteres en el nombre",
    "groupName character limit exceeded",
    "Group name is over limit of 25 characters",
    "corporate limit",
    "Industry in SP",
    "Invalid phone",
    "groupName is required",
    "Something broke",
    "limite",
    "many",
    "later",
]


def test_words_of_a_rate_limit_are_known_at_any_status() -> None:
    for text in SLOW_DOWN:
        for status in (200, 201, 302, *range(400, 430), 500, 503):
            bodies = [said(text), said(text, "message"), json.dumps({"error": {"message": text}}).encode()]
            for body in (*bodies, f"<html>{text}</html>".encode(), said(text).decode().encode("utf-16")):
                outcome = classify(Answer(status, body, retry_after="7"))
                assert isinstance(outcome, Unknown), (text, status, body)
                assert outcome.rate_limit == RateLimit(7), (text, status, body)
        assert classify(Answer(400, said(text))) == Unknown(
            f"the API answered 400: {text}", refused=True, rate_limit=RateLimit()
        )


def test_other_words_are_no_rate_limit() -> None:
    for text in (*OTHER_WORDS, *(text for text, _ in REPORTS)):
        outcome = classify(Answer(400, said(text)))
        assert isinstance(outcome, (Rejected, Unknown))
        assert outcome.rate_limit is None, text


def test_a_429_is_a_rate_limit_whatever_it_says() -> None:
    for body in (*NOTHING, said("Whatever it is"), MADE):
        outcome = classify(Answer(429, body))
        assert isinstance(outcome, Unknown), body
        assert outcome.rate_limit == RateLimit(), body
    broken = classify(Answer(429, b"", complete=False))
    assert broken == Unknown("the answer (429) broke off", rate_limit=RateLimit())
    assert classify(Answer(429, said("Invalid phone"))) == Rejected(Cause.INPUT, "Invalid phone", RateLimit())


def test_a_creation_may_come_with_a_rate_limit() -> None:
    body = json.dumps({"phone": ID, "invitationLink": None, "invitationLinkError": "too many requests"})
    assert classify(Answer(200, body.encode())) == Created(ID, None, (), RateLimit())


def test_a_gateway_that_asks_to_try_later_refuses_nothing() -> None:
    for status in (302, 408, 499, 500, 502, 503, 504):
        outcome = classify(Answer(status, GATEWAY))
        assert isinstance(outcome, Unknown), status
        assert (outcome.refused, outcome.rate_limit) == (False, RateLimit()), status
    told = classify(Answer(500, said("too many groups too quickly")))
    assert isinstance(told, Unknown)
    assert told.refused
