"""Runs benchmarks by name (default: all) and prints each figure beside what it is measured against, as soon as it is there."""

import json
import sys
from collections.abc import Callable
from functools import partial

from benchmarks import (
    archives,
    brokers,
    calls,
    captures,
    commands,
    histories,
    lateness,
    listeners,
    load,
    pages,
    plugin,
    queries,
    recordings,
    replays,
    runs,
    scratches,
    serving,
    simulations,
    starts,
)
from benchmarks.figure import Figure
from gracetape.tables import show_table

ALL = {
    "start": starts.starting,
    "write_log": calls.write_log_stays_flat,
    "call": calls.a_call_against_a_static_app,
    "serving": serving.calls_against_a_static_app,
    "load": load.many_clients,
    "lateness": lateness.lateness_against_bare_sleep,
    "lateness-asked": replays.lateness_while_a_dummy_is_asked,
    "night": replays.a_night_beyond_its_encoding,
    "merge": replays.merging_against_heapq,
    "storm": replays.storms,
    "run": runs.runs_against_ten_lives,
    "commands": commands.commands_on_many_lives,
    "lives": simulations.schedules_stay_flat,
    "stream": simulations.a_stream_in_a_dummy,
    "kafka": brokers.kafka_replay_against_bare_producer,
    "xmpp": brokers.xmpp_replay_against_bare_client,
    "record": recordings.recording_keeps_up,
    "recorder": recordings.recorder_alone,
    "following": recordings.recording_while_capturing,
    "latency": brokers.latency_from_deadline_to_arrival,
    "capture": captures.capture_against_its_connections,
    "recapture": captures.a_second_capture,
    "objects": captures.many_objects,
    "large_file": captures.a_large_file_against_curl,
    "query": queries.queries_go_with_the_answer,
    "listener": listeners.alerts_through_the_listener,
    "listener_latency": listeners.latency_of_the_listener,
    "listener_queue": listeners.cost_per_alert_stays_flat,
    "long_log": histories.long_logs_stay_flat,
    "size": archives.size_against_tar,
    "scratch": scratches.scratches_stay_flat,
    "pages": pages.pages,
    "tests": plugin.tests_with_tapes,
}


def main(words: list[str]) -> int:
    if {"-h", "--help"} & set(words):
        print(f"python -m benchmarks [--json] [NAME...]; names: {', '.join(ALL)}")
        print("python -m benchmarks load --minutes 10: under load for so long")
        return 0
    as_json = "--json" in words
    measured: dict[str, Callable[[], list[Figure]]] = dict(ALL)
    if "--minutes" in words:
        place = words.index("--minutes")
        given = words[place + 1 : place + 2]
        if not given or not given[0].replace(".", "", 1).isdigit():
            print("--minutes takes a number: load --minutes 10", file=sys.stderr)
            return 2
        measured["load"] = partial(load.many_clients, float(given[0]))
        words = words[:place] + words[place + 2 :]
    names = [word for word in words if not word.startswith("-")] or list(ALL)
    if unknown := [name for name in names if name not in ALL]:
        print(f"there is no benchmark {unknown[0]!r}: use {', '.join(ALL)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        found = measured[name]()
        figures += found
        if not as_json:
            show_table([f"~{name}", "measured", "against", ">ratio", "claimed", ""], [_row(figure) for figure in found])
    if as_json:
        print(json.dumps([vars(figure) | {"misses": figure.misses} for figure in figures], indent=2))
    return 0


def _row(figure: Figure) -> tuple[str, ...]:
    missed = "MISSED" if figure.misses else ""
    return figure.name, figure.measured, figure.against, f"{figure.ratio:.2f}", figure.claim, missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
