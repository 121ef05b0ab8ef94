"""In which language the page is: whoever starts the sandbox may bring one along."""

from typing import Protocol


class Say(Protocol):
    """Puts a text into a language, and then the values into its braces."""

    def __call__(self, template: str, /, **values: object) -> str: ...


def plainly(template: str, /, **values: object) -> str:
    """Say it in English, as it stands in the code."""
    return template.format(**values) if values else template
