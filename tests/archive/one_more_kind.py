"""Run by test_one_more_kind.py: adds a kind of record to the table before anything else reads it, and follows its records everywhere."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from ligo.gracedb.exceptions import HTTPError

from gracetape.archive import kinds, shapes

ROW = kinds.Kind(
    "circular", {"N": shapes.N, "created": shapes.TIME}, template="superevent-circular-list-template", address="circulars/",
    answered=("circulars",), categories=frozenset({"superevent"}), named="N", created=True,
)  # fmt: skip
kinds.KINDS[ROW.name] = ROW  # type: ignore[index]
kinds.LISTED += (ROW,)

from gracetape import dummy  # noqa: E402
from gracetape.archive import Archive, history_of  # noqa: E402
from gracetape.archive.command_parts import summary_of  # noqa: E402
from gracetape.capture import capture  # noqa: E402
from gracetape.view import film_of  # noqa: E402

S = "S260101a"


def refused(question: Callable[[], object]) -> int:
    """The status with which a question is answered that is not answered well."""
    try:
        question()
    except HTTPError as error:
        return int(error.response.status_code)
    return 0


def live(archive: Archive) -> None:
    """A superevent with a log entry and a circular in each of two minutes."""
    with archive.transaction() as tx:
        made = tx.begin(S, "https://gracedb.ligo.org/api/", "capture")
        about = {
            "superevent_id": S,
            "created": "2026-01-01 00:00:00 UTC",
            "labels": [],
            "gw_events": [],
            "em_events": [],
        }
        tx.put(made, "object", "", about | {"preferred_event": None, "t_start": 1.0, "t_0": 2.0, "t_end": 3.0})
        for n in (1, 2):
            now = f"2026-01-01 00:0{n}:00 UTC"
            tx.put(made, "log", n, {"N": n, "created": now, "comment": "-", "filename": "", "tag_names": []})
            link = f"https://gracedb.ligo.org/api/superevents/{S}/circulars/{n}/"
            tx.put(made, "circular", n, {"N": n, "created": now, "links": {"self": link}})
        tx.finish(made)


folder = Path(sys.argv[1])
found: dict[str, object] = {}
with Archive.create(folder / "a.tape") as archive, Archive.create(folder / "b.tape") as copy:
    live(archive)
    with dummy.GraceDb(archive) as client:
        address = client.templates[ROW.template].format(superevent_id=S)
        listed = client.get(address).json()
        found["served"] = [record["N"] for record in listed["circulars"]]
        found["links lead to it"] = client.get(listed["circulars"][1]["links"]["self"]).json()["N"]
        found["what is not there"] = refused(lambda: client.get(f"{address}3/"))
        found["written to"] = refused(lambda: client.post(address, data={}))
        capture([S], copy, client)
    found["captured"] = copy.view(S).records("circular")[0]["N"], copy.view(S).count("circular")
    found["told of"] = summary_of(copy, copy.capture(S))["circulars"]
    found["as of"] = [[r["N"] for r in history_of(copy, S).at(i).records("circular")] for i in range(4)]
    found["one as of"] = [bool(history_of(copy, S).at(i).one("circular", 1)) for i in range(4)]
    with dummy.GraceDb(copy, as_of={S: 1}) as client:
        found["served as of 1"] = [record["N"] for record in client.get(address).json()["circulars"]]
    story = film_of(copy, S)
    found["on the page"] = [(span["key"], story["places"][span["from"] - 1]) for span in story["spans"]["circular"]]
print(json.dumps(found))
