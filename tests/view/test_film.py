"""A film says of every place what the archive itself says: its record, its lists and its files."""

from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive
from gracetape.archive.kinds import KINDS
from gracetape.view.film import Film
from gracetape.view.patches import patched

Record = dict[str, Any]


def record_at(story: Record, place: int) -> Record:
    record: Record = {}
    for at, change in story["record"]:
        if at <= place:
            record = patched(record, change)
    return record


def there(story: Record, kind: str, place: int) -> dict[str, Any]:
    spans = [s for s in story["spans"][kind] if s["from"] <= place and (s["to"] is None or place < s["to"])]
    return {span["key"]: span["record"] for span in spans}


def assert_tells_the_truth(film: Film) -> None:
    story = film.document()
    for place in range(film.last + 1):
        snapshot = film.at(place)
        assert record_at(story, place) == (snapshot.record() if snapshot else {})
        for name in (kind["name"] for kind in story["kinds"]):
            records = snapshot.records(name) if snapshot else []
            assert there(story, name, place) == {KINDS[name].key(one, i): one for i, one in enumerate(records, start=1)}
        files = {(f["name"], f["version"]) for f in story["files"] if f["from"] <= place}
        assert files == {(f.name, f.version) for f in (snapshot.files() if snapshot else [])}
        for entry in (e for e in story["entries"] if e["of"] == film.graceid and e["n"] and e["place"] <= place):
            assert snapshot is not None
            tags = {t for t, first, last in entry.get("tags", ()) if first <= place and (last is None or place < last)}
            assert tags == set((snapshot.one("log", entry["n"]) or {}).get("tag_names") or ())


@pytest.mark.real
@pytest.mark.parametrize("ref", ["S220609hl", "G587364@1"])
def test_the_real_superevent_at_every_place(real: Path, ref: str) -> None:
    with Archive.open(real) as archive:
        assert_tells_the_truth(Film(archive, ref))
