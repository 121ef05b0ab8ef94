"""Where groups live, and what one instance is reached with."""

from __future__ import annotations

from zapi_sync.core.redact import LONG_SECRET, redacted
from zapi_sync.dataclass import dataclass, field


@dataclass(frozen=True, slots=True)
class Remote:
    """An API that groups live behind: its base URL without a slash at the end, and that URL's origin."""

    base_url: str
    origin: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one instance is reached with; never shown, not even by repr()."""

    instance_id: str = field(repr=False)
    token: str = field(repr=False)
    client_token: str = field(repr=False)

    def mask(self, text: str) -> str:
        """The text with each of the three replaced by ***, in whatever form."""
        return redacted(text, self._secrets)

    def mask_kept(self, text: str) -> str:
        """The text masked, but for what a name or an id may well hold by chance."""
        return redacted(text, self._secrets, shortest=LONG_SECRET)

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (self.client_token, self.token, self.instance_id)
