"""Pages of HTML: each a whole by itself, which asks no network for anything and runs no script.

A template lays out what it is given and decides nothing; what is in a value is text, and never markup.
"""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from zapi_sync.language import _, ngettext, tag


def page(template: str, **values: object) -> str:
    """The page of a template (render/templates) in the language of this run."""
    return _environment().get_template(template).render(lang=tag(), **values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("zapi_sync.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(_=_, ngettext=ngettext)
    return environment
