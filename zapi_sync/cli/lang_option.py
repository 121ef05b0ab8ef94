"""--lang, which all commands take."""

from __future__ import annotations

import click

from zapi_sync.language import LANGUAGES, _, known_as


class Language(click.ParamType[str, str]):
    """A language that there is. What it says was heard before any command was read (language.chosen)."""

    name = "language"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not known_as(value):
            self.fail(
                _("there is no {name!r}; these there are: {known}", name=value, known=", ".join(LANGUAGES)),
                param,
                ctx,
            )
        return value


lang_option = click.option(
    "--lang",
    type=Language(),
    metavar="LANGUAGE",
    expose_value=False,
    help="What you read: en or pt_BR; JSON, SARIF and CSV stay as they are.  [as LC_ALL or LANG says]",
)
