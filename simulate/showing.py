"""How schedules and stages look: tables for people, or JSON."""

from collections.abc import Iterable

from gracetape.schedule import Schedule
from gracetape.simulate.life import StageRow
from gracetape.tables import show_table
from gracetape.terminal import printable, say, show_json


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return " ".join(default)
    if isinstance(default, float):
        return f"{default:g}"
    return str(default).lower() if isinstance(default, bool) else str(default)


def show_schedule(schedule: Schedule, as_json: bool) -> None:
    """The schedule, each action with the number of the object that it is about."""
    numbers: dict[int, int] = {}
    rows = []
    for action in schedule:
        about = next(
            (v for v in (getattr(action.what, n, None) for n in ("superevent", "graceid")) if v is not None), None
        )
        number = numbers.setdefault(id(about), len(numbers) + 1) if about is not None else None
        rows.append((f"{action.dt:.3f}", number, printable(str(action))))
    if as_json:
        show_json([{"dt": float(dt), "object": number, "action": action} for dt, number, action in rows])
        return
    show_table((">dt (s)", ">object", "~action"), rows, repr(schedule).strip("<>"))


def show_stages(rows: Iterable[StageRow], as_json: bool) -> None:
    """Each stage with its options, their defaults and what they mean."""
    if as_json:
        show_json([
            {"section": row.section, "about": row.about, "options": [vars(option) for option in (*row.options, *row.flags)]}
            for row in rows
        ])  # fmt: skip
        return
    for row in rows:
        print()
        say(f"[{row.section}]  {row.about}")
        options = [(f"  {option.name}", _shown(option.default), option.help) for option in row.options]
        options += [(f"  [FLAG] {option.name}", _shown(option.default), option.help) for option in row.flags]
        show_table(("  option", "~default", "~meaning"), options)
