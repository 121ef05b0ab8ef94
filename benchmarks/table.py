"""What was found, as markdown: the machine's facts, the ratios with their bounds, and the sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TypeAlias

from benchmarks.measure import Sample

MIB = 2**20


class Unit(Enum):
    """What is compared: time in seconds, or bytes."""

    SECONDS = "s"
    BYTES = "B"

    def told(self, value: float) -> str:
        if self is Unit.BYTES:
            return f"{value / MIB:,.1f} MiB" if value >= MIB else f"{value:,.0f} B"
        return f"{value:,.2f} s" if value >= 1 else f"{value * 1000:,.4g} ms"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Something of ours against something else, run by run; `bound` is how large the ratio may be."""

    ours_is: str
    theirs_is: str
    ours: Sequence[float]
    theirs: Sequence[float]
    bound: float | None = None
    unit: Unit = Unit.SECONDS

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return "ok" if median(self.ratios) <= self.bound else "MISSED"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not measured, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Size:
    """A plan of so many groups, of which all are to be created, and the floor of it."""

    groups: int
    phones: int
    file_bytes: int
    ours: Sequence[Sample]
    floor: Sequence[Sample]

    def ratio(self, unit: Unit) -> Ratio:
        return Ratio("", "", values(self.ours, unit), values(self.floor, unit), unit=unit)


Finding: TypeAlias = Ratio | Skipped | Size


def values(samples: Iterable[Sample], unit: Unit) -> list[float]:
    """The one figure of each run that is to be compared."""
    return [each.peak if unit is Unit.BYTES else each.seconds for each in samples]


def report(facts: Iterable[tuple[str, str]], findings: Sequence[Finding]) -> str:
    """All of it, in the order in which it was found."""
    ratios = [_ratio_row(each) for each in findings if not isinstance(each, Size)]
    sizes = [_size_row(each) for each in findings if isinstance(each, Size)]
    parts = ["\n".join(f"- {name}: {value}" for name, value in facts)]
    if ratios:
        parts.append(_table(("ours", "against", "ours", "theirs", "ratio", "spread", "bound", ""), ratios))
    if sizes:
        heads = ("groups", "phones each", "file", "plan", "a group", "x floor", "peak memory", "x floor's")
        parts.append(_table(heads, sizes))
    return "\n\n".join(parts) + "\n"


def _ratio_row(finding: Ratio | Skipped) -> Sequence[str]:
    if isinstance(finding, Skipped):
        return (finding.what, f"skipped: {finding.why}", *[""] * 6)
    ratios, told = finding.ratios, finding.unit.told
    return (
        finding.ours_is,
        finding.theirs_is,
        told(median(finding.ours)),
        told(median(finding.theirs)),
        f"{median(ratios):.3g}",
        f"{min(ratios):.3g} to {max(ratios):.3g}" if len(ratios) > 1 else "",
        f"{finding.bound:g}" if finding.bound is not None else "",
        finding.verdict,
    )


def _size_row(size: Size) -> Sequence[str]:
    time, memory = size.ratio(Unit.SECONDS), size.ratio(Unit.BYTES)
    return (
        f"{size.groups:,}",
        str(size.phones),
        Unit.BYTES.told(size.file_bytes),
        Unit.SECONDS.told(median(time.ours)),
        Unit.SECONDS.told(median(time.ours) / size.groups),
        f"{median(time.ratios):.3g}",
        Unit.BYTES.told(median(memory.ours)),
        f"{median(memory.ratios):.3g}",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [heads, ["-" * max(3, width) for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(max(3, width)) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
