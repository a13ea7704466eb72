"""A pipeline is one row: whoever adds it has its uploads read, its events found, its times moved and its events made up."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.pipelines import (
    Attributes,
    Pipeline,
    Trigger,
    UploadedEvent,
    add_pipeline,
    pipelines,
    read_upload,
    retimed,
)
from gracetape.pipelines.formats.texts import moved_numbers
from gracetape.pipelines.table import attribute_tables
from gracetape.simulate import SimulateError, read_configuration
from gracetape.simulate.lives import gen_schedule
from tests.simulate.conftest import GPS, IFOS


def read(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    gps, far, loudness, detectors = content.decode().split()
    attributes = {"ChirpFinder": {"loudness": float(loudness), "net": detectors}}
    return UploadedEvent(gpstime=float(gps), instruments=detectors, far=float(far), extra_attributes=attributes)


def make(trigger: Trigger, rng: Any) -> bytes:
    return f"{trigger.gps:.4f} {trigger.far:g} {rng.uniform(8.0, 9.0):.2f} {trigger.ifos}".encode()


def moved(contents: bytes, shift_s: float) -> bytes | None:
    return moved_numbers(contents, shift_s) if len(contents.split()) == 4 else None


ROW = Pipeline(
    "chirpfinder", ("CBC", "Test"), ("Chirps", "MDC"), also=("oldchirps",), read=read,
    attributes=(Attributes("ChirpFinder", ("loudness", "net"), frozenset({"net"})),), move_times=moved, make=make,
)  # fmt: skip


@pytest.fixture
def row() -> Iterator[Pipeline]:
    remove = add_pipeline(ROW)
    yield ROW
    remove()


@pytest.mark.usefixtures("row")
def test_it_is_offered_and_its_events_are_read_and_found(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, dummy.GraceDb(archive) as client:
        assert "chirpfinder" in client.pipelines
        assert "Chirps" in client.searches
        made = [
            client.create_event(
                "Test", "chirpfinder", "x.txt", filecontents=f"{GPS} 1e-9 {loud} H1", search="Chirps"
            ).json()
            for loud in (8.5, 9.5)
        ]
        assert (made[0]["gpstime"], made[0]["far"], made[0]["instruments"]) == (GPS, 1e-9, "H1")
        for query in (
            "ChirpFinder.loudness > 9",
            "chirpfinder.LOUDNESS in 9, 10",
            'chirpfinder.net: "H1" & chirpfinder.loudness > 9',
        ):
            assert [event["graceid"] for event in client.events(f"{query} Test")] == [made[1]["graceid"]], query


@pytest.mark.usefixtures("row")
def test_its_times_are_moved_in_its_own_form() -> None:
    assert retimed(b"1400000000.25 1e-9 8.5 H1", 1000.0, "chirpfinder") == b"1400001000.25 1e-9 8.5 H1"


@pytest.mark.usefixtures("row")
def test_its_name_is_offered_where_configurations_are() -> None:
    from typer.testing import CliRunner

    from gracetape.simulate.cli import app

    assert "chirpfinder" in CliRunner().invoke(app, ["configurations"]).stdout
    assert "chirpfinder" in CliRunner().invoke(app, ["configurations", "chirpfinder"]).stdout
    with pytest.raises(SimulateError, match="did you mean 'chirpfinder'"):
        read_configuration("chirpfindr")


@pytest.mark.usefixtures("row")
def test_its_events_are_made_up_by_its_name_of_old_too(tmp_path: Path) -> None:
    for name in ("chirpfinder", "OldChirps"):
        configuration = read_configuration(name)
        schedule = gen_schedule(configuration, np.random.default_rng(1), GPS, 1e-9, IFOS)
        now = lambda: datetime(2024, 5, 18, tzinfo=UTC)  # noqa: E731
        with Archive.create(tmp_path / f"{name}.tape") as archive, dummy.GraceDb(archive, now=now) as client:
            for action in schedule:
                action.what(client)
            (event,) = client.events("chirpfinder Chirps Test ChirpFinder.loudness > 8")
        assert (event["pipeline"], event["instruments"]) == ("chirpfinder", "H1,L1,V1")


def test_without_it_nothing_of_it_is_known() -> None:
    assert "chirpfinder" not in pipelines()
    assert read_upload("chirpfinder", "Test", None, "x.txt", b"1 2 3 H1", {}) == UploadedEvent()
    assert "ChirpFinder" not in {table.name for table in attribute_tables()}


@pytest.mark.parametrize("row", [row for row in pipelines().values() if row.make], ids=lambda row: row.name)
def test_queries_can_ask_for_all_that_is_read_and_times_move_in_what_is_made(row: Pipeline) -> None:
    from gracetape.pipelines.trigger import draw

    trigger = draw(np.random.default_rng(5), row.name, "Test", "AllSky", GPS, 1e-9, IFOS)
    assert row.make is not None
    content = row.make(trigger, np.random.default_rng(1))
    then = read_upload(row.name, "Test", None, row.file_name("x"), content, {})
    columns = {table.name: set(table.columns) for table in row.attributes}
    assert then.extra_attributes.keys() <= columns.keys()
    for name, found in then.extra_attributes.items():
        for line in found if isinstance(found, list) else [found]:
            assert {key for key, value in line.items() if not isinstance(value, dict)} <= columns[name]
    later = read_upload(row.name, "Test", None, row.file_name("x"), retimed(content, 1000.0, row.name), {})
    assert later.gpstime == pytest.approx((then.gpstime or 0) + 1000.0, abs=1e-6)


def test_a_neutrinos_attributes_can_be_asked_for(tmp_path: Path) -> None:
    from gracetape.pipelines.trigger import draw

    trigger = draw(np.random.default_rng(5), "IceCube", "Test", "HEN", GPS, 1e-9, ())
    make = pipelines()["IceCube"].make
    assert make is not None
    with Archive.create(tmp_path / "a.tape") as archive, dummy.GraceDb(archive) as client:
        content = make(trigger, np.random.default_rng(1))
        record = client.create_event("External", "IceCube", "n.xml", filecontents=content, search="HEN").json()
        assert record["far"] == pytest.approx(1e-9)
        energy = record["extra_attributes"]["NeutrinoEvent"]["energy"]
        for query, found in ((f"> {energy - 1}", 1), (f"> {energy + 1}", 0)):
            assert len(list(client.events(f"NeutrinoEvent.energy {query}"))) == found


def test_the_table_is_loaded_without_the_libraries_that_its_formats_need() -> None:
    code = (
        "import sys, gracetape.pipelines as p; before = len(p.pipelines()); "
        "print([m for m in ('numpy', 'astropy', 'igwn_ligolw', 'lal', 'sqlite3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
