"""Sky maps of strangers: headers that lie, or never end, are a sentence, and take neither time nor memory that their bytes do not."""

import io
import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy_healpix import level_ipix_to_uniq

from gracetape import sky_maps
from gracetape.archive import Archive
from gracetape.sky_maps import read_sky_map
from gracetape.view import files
from gracetape.view.files import found_file, shown_file
from gracetape.view.sky_pictures import Shelf, sky_png
from tests.view.test_shown_files import flat, multi_order, sky, table

FLAT = flat(sky(), "NESTED")


def said(name: str, value: str) -> bytes:
    """The same map, one line of the table's header another."""
    at = FLAT.index(f"{name:<8}=".encode(), 2880)
    return FLAT[:at] + f"{name:<8}= {value}".ljust(80).encode() + FLAT[at + 80 :]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAXIS2", "1000000000000"), ("NAXIS2", "-1"), ("NAXIS2", f"1{'0' * 30}"), ("NAXIS1", "1000000000000"), ("NAXIS1", "0"),
        ("TFIELDS", "1000000000"), ("TFIELDS", "-1"), ("TFIELDS", "999"), ("NAXIS", "1000000000"), ("NAXIS", "'x"),
        ("TFORM1", "'999999999999D'"), ("TFORM1", "'9999999999X'"), ("TFORM1", "'PD(1)'"), ("TFORM1", "'QD(1)'"), ("TFORM1", "'0D'"),
        ("TFORM1", "'"), ("TTYPE1", "'PROB"), ("TFIELDS", "="),
    ],
)  # fmt: skip
def test_a_header_that_lies_is_a_sentence_and_no_memory(name: str, value: str) -> None:
    contents = said(name, value)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"\w+"):
            read_sky_map(contents)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_no_more_headers_are_read_than_maps_have(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b"HISTORY x".ljust(80)
    end = FLAT.index(b"END".ljust(80), 2880)
    long = FLAT[:end] + line * 36 * 1200 + FLAT[end:]
    with pytest.raises(ValueError, match="headers have more than"):
        read_sky_map(long)
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU() for _ in range(60))]).writeto(out)
    with pytest.raises(ValueError, match="no sky map"):
        read_sky_map(out.getvalue() + FLAT[2880:])
    monkeypatch.setattr(sky_maps, "MOST_PIXELS", 500)
    for contents in (FLAT, flat(sky(), "NESTED", 256), multi_order(sky())):
        with pytest.raises(ValueError, match="more than 500 pixels"):
            read_sky_map(contents)


def densities(*values: float) -> bytes:
    """A map of a pixel that nobody sees, and eleven large ones."""
    uniq = np.concatenate([[level_ipix_to_uniq(29, 5)], level_ipix_to_uniq(0, np.arange(1, 12))])
    columns = [fits.Column("UNIQ", "K", array=uniq), fits.Column("PROBDENSITY", "D", array=np.array(values))]
    return table(columns, ORDERING="NUNIQ")


@pytest.mark.filterwarnings("error")
def test_numbers_that_cannot_be_added_or_seen_are_no_warnings() -> None:
    with pytest.raises(ValueError, match="too large to be added"):
        read_sky_map(densities(*[1e308] * 12))
    assert sky_png(read_sky_map(densities(1.0, *[0.0] * 11)), dark=False).startswith(b"\x89PNG")


def test_large_maps_are_kept_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gracetape.view.sky_pictures._MOST_KEPT", 2000)
    shelf, asked = Shelf(), list[str]()

    def ask(name: str) -> None:
        def contents() -> bytes:
            asked.append(name)
            return FLAT

        shelf.map(name, contents)

    for name in ("a", "b", "b", "c", "b", "a"):  # of 768 pixels each
        ask(name)
    assert asked == ["a", "b", "c", "a"]


def test_many_requests_hold_one_file_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Archive.create(tmp_path / "it.tape") as archive:
        with archive.transaction() as tx:
            capture = tx.begin("G1", "https://gracedb.ligo.org/api/", "capture")
            tx.put(capture, "object", "", {"graceid": "G1", "created": "2026-01-02 00:00:00 UTC", "labels": []})
            tx.add_file(capture, "a.json", tx.store_blob(iter([b"[1]"])))
            tx.finish(capture)
        read, held = archive.read, list[bool]()

        def watched(entry: Any) -> Any:
            for piece in read(entry):
                held.append(files._DRAWING.locked())
                yield piece

        monkeypatch.setattr(archive, "read", watched)
        assert shown_file(archive, found_file(archive.view("G1").files(), "a.json,0"))["value"] == [1]
    assert held
    assert all(held)


def test_a_damaged_header_is_a_sentence() -> None:
    for at in (match.start() for match in re.finditer(rb"T(TYPE|FORM)\d", FLAT)):
        damaged = FLAT[: at + 8] + b"= 'x" + b" " * 68 + FLAT[at + 80 :]
        with pytest.raises(ValueError, match="FITS|map|pixels"):
            read_sky_map(damaged)
