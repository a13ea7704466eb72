"""Draws what a replay costs against how many lives its tape holds: `python -m benchmarks.graph OUT.svg [--tapes FOLDER] [LIVES...]`."""

import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.runs import Replayed, multiplied, replayed, simulated

_MESSAGES = 5_000
_WIDE, _HIGH, _LEFT, _TOP, _GAP = 250, 190, 62, 46, 96
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:13px;font-weight:bold}.axis,.grid{stroke:#ddd}"
    ".limit{stroke:#c62828;stroke-dasharray:5 4}.limited{fill:#c62828}.line{fill:none;stroke:#1565c0;stroke-width:2}"
    "circle{fill:#1565c0}"
)


@dataclass(frozen=True)
class Panel:
    """One quantity: what it is, its unit and limit (None: it has none), and how it is told of a replay."""

    title: str
    limit: float | None
    limited: str
    value: Callable[[Replayed], float]


def panels(few: Replayed) -> tuple[Panel, ...]:
    """The three quantities; what a message costs is bounded by what it costs on the smallest tape."""
    return (
        Panel("first message (s)", 1.0, "1 s", lambda found: found.first_s),
        Panel("CPU a message (us)", 1.3e6 * few.each_s, "1.3 x the first", lambda found: found.each_s * 1e6),
        Panel("most memory (MB)", 250.0, "250 MB", lambda found: found.most_bytes / 1e6),
    )


def drawn(found: dict[int, Replayed]) -> str:
    """A picture (SVG): a panel a quantity, lives from left to right by powers of ten, the quantity from zero up."""
    few = found[min(found)]
    width = _LEFT + 3 * _WIDE + 2 * _GAP + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_TOP + _HIGH + 52}" role="img" '
        'aria-label="First message, CPU a message and memory of a replay against how many lives its tape holds">',
        f"<style>{_STYLE}</style>", f'<rect width="{width}" height="{_TOP + _HIGH + 52}" fill="#fff"/>',
    ]  # fmt: skip
    for place, panel in enumerate(panels(few)):
        parts += _panel(panel, found, _LEFT + place * (_WIDE + _GAP))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, found: dict[int, Replayed], left: float) -> Iterable[str]:
    lives, values = list(found), [panel.value(one) for one in found.values()]
    most = 1.15 * max([*values, panel.limit or 0.0])
    low, high = math.log10(min(lives)), math.log10(max(max(lives), 10 * min(lives)))
    across = lambda count: left + (math.log10(count) - low) / (high - low) * _WIDE  # noqa: E731
    down = lambda value: _TOP + _HIGH * (1 - value / most)  # noqa: E731
    yield f'<text class="title" x="{left}" y="{_TOP - 22}">{panel.title}</text>'
    for value in _ticks(most):
        yield f'<line class="grid" x1="{left}" x2="{left + _WIDE}" y1="{down(value):.1f}" y2="{down(value):.1f}"/>'
        yield f'<text x="{left - 8}" y="{down(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
    for count in lives:
        yield f'<text x="{across(count):.1f}" y="{_TOP + _HIGH + 20}" text-anchor="middle">{count:,}</text>'
    yield f'<text x="{left + _WIDE / 2}" y="{_TOP + _HIGH + 40}" text-anchor="middle">lives on the tape</text>'
    if panel.limit is not None:
        y = down(panel.limit)
        yield f'<line class="limit" x1="{left}" x2="{left + _WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="limited" x="{left + _WIDE}" y="{y - 5:.1f}" text-anchor="end">{panel.limited}</text>'
    points = [(across(count), down(value)) for count, value in zip(lives, values, strict=True)]
    yield f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in points)


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 to `most`."""
    step = 10 ** math.floor(math.log10(most))
    step = next(part for part in (step / 5, step / 2, step, 2 * step) if most / part <= 6)
    return [step * number for number in range(int(most / step) + 1)]


def measured(sizes: Sequence[int], tapes: Path) -> dict[int, Replayed]:
    """What replays of tapes of so many lives cost; those that are not in the folder are made there."""
    found = {}
    few = tapes / "10.tape"
    if not few.exists():
        simulated(few)
    for size in sizes:
        path = tapes / f"{size}.tape"
        if not path.exists():
            shutil.copytree(few, path)
            multiplied(path, size)
        found[size] = min((replayed(path, _MESSAGES) for _ in range(3)), key=lambda one: one.each_s)
        print(size, found[size], flush=True)
    return found


def main(words: list[str]) -> None:
    """Measure, and draw."""
    folder = words.pop(words.index("--tapes") + 1) if "--tapes" in words else None
    out, *sizes = (word for word in words if word != "--tapes")
    with tempfile.TemporaryDirectory() as passing:
        found = measured([int(size) for size in sizes] or [10, 100, 1_000, 10_000], Path(folder or passing))
    Path(out).write_text(drawn(found))


if __name__ == "__main__":
    main(sys.argv[1:])
