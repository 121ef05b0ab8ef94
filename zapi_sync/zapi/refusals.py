"""The words of Z-API that prove that a create request made no group, and those that ask to slow down.

create-group answers with the invite link, so it is most likely a compound call: it creates the group, then
fetches the link. A refusal may therefore come after the creation. Only what is listed here is known to be
said before anything is done. Each entry names its source: S the create-group page, D Z-API's documentation,
F seen in the field, A an assumption (the words of the sandbox for a rule of the create-group page).
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import TYPE_CHECKING

from zapi_sync.core.outcome import Cause
from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELDS = "(auto ?invite|group ?name|phones?)"


@dataclass(frozen=True, slots=True)
class KnownRefusal:
    """A whole `error` text in the form that `plain` gives it; a full stop may follow."""

    words: str
    cause: Cause
    source: str


PROVEN_STATUSES = {405: Cause.METHOD, 415: Cause.CONTENT_TYPE}
"""S: wrong method; missing or wrong Content-Type. No handler of the call has run."""

PROVEN_TEXTS = (
    KnownRefusal("null not allowed", Cause.CREDENTIALS, "D client-token: the Client-Token is missing"),
    KnownRefusal("your client token is not configured", Cause.CREDENTIALS, "F the Client-Token is missing"),
    KnownRefusal("client token [^:,;]{1,200} not allowed", Cause.CREDENTIALS, "F a wrong one, echoed"),
    KnownRefusal(r"([0-9]{1,3}\.){3}[0-9]{1,3} not allowed", Cause.CREDENTIALS, "D IP restriction"),
    KnownRefusal("[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7} not allowed", Cause.CREDENTIALS, "D IP restriction"),
    KnownRefusal(
        "to continue sending a message,? you must subscribe to this instance again",
        Cause.SUBSCRIPTION,
        "F the instance is unpaid",
    ),
    KnownRefusal("you need to be connected with whatsapp", Cause.DISCONNECTED, "F"),
    KnownRefusal("whatsapp (is )?not connected", Cause.DISCONNECTED, "F"),
    KnownRefusal("you are not connected", Cause.DISCONNECTED, "D status"),
    KnownRefusal("you need to restore the session", Cause.DISCONNECTED, "D status"),
    KnownRefusal("(your )?(instance|phone|session) has been disconnected", Cause.DISCONNECTED, "D status"),
    KnownRefusal("instance not (found|initialized?)", Cause.NOT_FOUND, "F a wrong id or token, or a restart"),
    KnownRefusal("phone (not exists|is wrong)", Cause.INPUT, "D a phone number that is none"),
    KnownRefusal("invalid phone( [0-9]{5,20})?", Cause.INPUT, "D a phone number that is none"),
    KnownRefusal(
        "(the )?connected (phone|number) (must not|cannot|can not) be (in|among) (the )?phones",
        Cause.OWN_NUMBER,
        "A a rule of S",
    ),
    KnownRefusal(f"{_FIELDS} is required( and must be an? [a-z ]{{1,40}})?", Cause.INPUT, "A a rule of S"),
    KnownRefusal(f"{_FIELDS} (is|are) (missing|invalid|empty)", Cause.INPUT, "A a rule of S"),
    KnownRefusal(
        f"{_FIELDS} must (not be empty|be text|be an? [a-z ]{{1,40}}|hold at least one contact"
        "|not be longer than [0-9]{1,5} characters)",
        Cause.INPUT,
        "A a rule of S",
    ),
    KnownRefusal(f"(invalid|missing) {_FIELDS}", Cause.INPUT, "A a rule of S"),
    KnownRefusal("the body must be a json object", Cause.INPUT, "A a rule of S"),
)

NO_SUCH_PATH = ("NOT_FOUND", "unable to find matching target resource method")
"""F: the router's `error` as it is, and its `message` in plain form: no such path or method."""

STATUSES_OF_TEXTS = (200, 201, 400, 401, 403, 404, 405, 413, 415, 422, 429)
"""F: failures come with 200 as well. At another status a gateway may pass on an older text."""

AMBIGUOUS_WORDS = (
    "did not respond",
    "timed? ?out",
    "no response",
    "nao respondeu",
    "no respondio",
    "tempo (esgotado|limite)",
    "tiempo de espera",
    "hang up",
    "econn",
    "connection (was )?(closed|reset|lost)",
)
"""F, and A in other languages: they say nothing about the outcome, whatever the status."""

RATE_LIMIT_STATUS = 429
"""HTTP's own meaning (RFC 6585); nobody has seen Z-API send it."""

_TOO_MUCH = "(exceed|reach|hit|exced|ating|alcanz|alcanc|super|ultrapass)"
_AGAIN = "(again|de novo|de nuevo|novamente|otra vez)"
_OF_THE_INPUT = "(participa|phone|charac|caract|contact|telefone|number|numero)"
"""What can be too many, or over a limit, in the group itself."""
RATE_LIMIT_WORDS = (
    # F WhatsApp: rate-overlimit; D invitationLinkError: too many requests; F GREEN-API: too many groups too
    # quickly. The others are A: how people and gateways say the same in English, Portuguese and Spanish.
    "rate ?over ?limit",
    r"\bover ?limit\b(?! of)",
    rf"\btoo ?(many|much)(?! ?{_OF_THE_INPUT})",
    r"\brate ?limit",
    rf"\b(rate|taxa|limite?|quota|cota)\b.{{0,40}}{_TOO_MUCH}",
    rf"{_TOO_MUCH}.{{0,40}}\b(limite?|quota|cota)\b",
    r"\blimite de (taxa|velocidade|frequencia|tasa|velocidad|frecuencia)\b",
    r"\btoo (quickly|fast|often|frequent)",
    r"\b(try|retry) (it )?(again )?(later|after|tomorrow|at a later|in [0-9a]|in some)",
    r"\bbefore (you )?try(ing)? again\b",
    r"\bwait .{0,20}(minute|hour|second)",
    r"\bslow down\b",
    r"\bthrottl",
    r"\bflood wait\b",
    r"\bexcess?(ive|o de) (request|requis|solicit|pedido)",
    r"\b(muit[ao]s?|muchas|demasiad[ao]s) (requis|solicit|tentativ|intento|grupo|mensage|pedido|chamad)",
    r"\b(requisicoes|solicitacoes|tentativas) demais\b",
    r"\b(muito|tao|demasiado|muy) (rapid|depressa)",
    r"\brapid[oa](mente)? demais\b",
    rf"\b(tent|intent)(e|ar|a|elo|arlo|alo)\b( {_AGAIN})? (mais|mas) tarde",
    rf"\b(tent|intent)(e|ar|a|elo|arlo|alo)\b {_AGAIN} (em|en|dentro) ",
    r"\b(volte|vuelva) a (tentar|intentar)(lo)? (mais|mas) tarde",
    r"\baguarde .{0,30}(tentar|minuto|hora)",
)

_PROVEN = tuple((re.compile(known.words), known.cause) for known in PROVEN_TEXTS)
_AMBIGUOUS = re.compile("|".join(AMBIGUOUS_WORDS))
_NOT_THE_INPUT = re.compile(rf"{_OF_THE_INPUT}.{{0,20}}limit|limit.{{0,20}}{_OF_THE_INPUT}")
_RATE_LIMIT = re.compile("|".join(f"(?:{words})" for words in RATE_LIMIT_WORDS))
_TAGS = re.compile("<[^<>]{0,200}>")


def plain(text: str) -> str:
    """Return a text in lower case, without accents and tags, with one space for spaces, `-` and `_`."""
    spelt_out = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unescape(text)))
    letters = "".join(letter for letter in spelt_out if not unicodedata.combining(letter))
    return " ".join(re.sub("[-_]", " ", _TAGS.sub(" ", letters).casefold()).split())


def proven_cause(error: str, message: str) -> Cause | None:
    """Return why a call was refused before anything was done; None when the texts do not prove that.

    A `message` that says something else may speak of what was done all the same.
    """
    if error == NO_SUCH_PATH[0]:
        return Cause.NOT_FOUND if message == "" or plain(message).startswith(NO_SUCH_PATH[1]) else None
    causes = {_cause_of(text) for text in (error, message) if text}
    return causes.pop() if len(causes) == 1 else None


def _cause_of(text: str) -> Cause | None:
    words = plain(text).rstrip(".! ")
    return next((cause for known, cause in _PROVEN if known.fullmatch(words)), None)


def is_ambiguous(texts: Iterable[str]) -> bool:
    """Return whether a text says that WhatsApp or a gateway was silent, which proves nothing."""
    return any(_AMBIGUOUS.search(plain(text)) for text in texts)


def asks_to_slow_down(texts: Iterable[str]) -> bool:
    """Return whether a text speaks of a rate limit, and not of a limit of the group's own."""
    return any(_RATE_LIMIT.search(words) and not _NOT_THE_INPUT.search(words) for words in map(plain, texts))
