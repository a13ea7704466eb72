"""Times in the headers of sky maps move, to the digit that they have; the pixels, and what is no time, stay byte by byte."""

import gzip
import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time

from gracetape.pipelines.formats.fits_times import moved_fits
from gracetape.pipelines.retime import retimed
from gracetape.times import gps_of

CARDS = {
    "DATE-OBS": "2015-02-14T09:50:45.391000", "MJD-OBS": 57067.41024758, "DATE": "2023-05-18T13:26:26.000000",
    "DATE-BEG": "2015-02-14T23:59:59.9Z", "OBJECT": "G1 2015-02-14T09:50:45", "DISTMEAN": 57067.41, "DATE-END": "no time",
}  # fmt: skip


def a_map(cards: dict[str, object], count: int = 5) -> bytes:
    tables = [
        fits.BinTableHDU.from_columns([fits.Column("PROB", "D", array=np.arange(768.0) + i)]) for i in range(count)
    ]
    for table in tables:
        table.header.update(cards)
        table.header.comments["DATE"] = "file creation (UTC)" if "DATE" in cards else ""
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(buffer)
    return buffer.getvalue()


def test_times_move_and_nothing_else_does() -> None:
    given = a_map(CARDS)
    then, now = datetime(2015, 2, 14, tzinfo=UTC), datetime(2026, 11, 27, 3, 0, 5, tzinfo=UTC)
    moved = moved_fits(given, gps_of(now) - gps_of(then))
    assert moved is not None
    assert len(moved) == len(given)
    with fits.open(io.BytesIO(given)) as old, fits.open(io.BytesIO(moved)) as new:
        for before, after in zip(old[1:], new[1:], strict=True):
            assert (before.data.tobytes(), before.header.comments["DATE"]) == (
                after.data.tobytes(),
                after.header.comments["DATE"],
            )
            differ = {name for name in before.header if before.header[name] != after.header[name]}
            assert differ == {"DATE-OBS", "MJD-OBS", "DATE", "DATE-BEG"}
            assert after.header["DATE-OBS"] == "2026-11-27T12:50:50.391000"
            assert after.header["DATE-BEG"] == "2026-11-28T03:00:04.9Z"
            assert abs(Time(after.header["DATE-OBS"]).mjd - after.header["MJD-OBS"]) * 86400 < 1e-3


@pytest.mark.parametrize("shift_s", [0.25, -0.75, 3600.0])
def test_parts_of_a_second_are_kept_as_far_as_they_are_written(shift_s: float) -> None:
    moved = fits.open(io.BytesIO(moved_fits(a_map(CARDS, 1), shift_s) or b""))[1].header
    then = datetime.fromisoformat(str(CARDS["DATE-OBS"])) + timedelta(seconds=shift_s)
    assert moved["DATE-OBS"] == then.isoformat(timespec="microseconds")


def test_files_in_gzip_move_and_those_with_checksums_or_of_no_such_form_do_not() -> None:
    given = a_map(CARDS, 1)
    assert gzip.decompress(retimed(gzip.compress(given), 10.0)) == moved_fits(given, 10.0)
    checked = a_map(CARDS | {"CHECKSUM": "hcHjjc9ghcEghc9g"}, 1)
    assert moved_fits(checked, 10.0) == checked
    assert moved_fits(b"SIMPLE", 10.0) is None
    for cut in (9, 80, 2880, 2881, 5000, len(given) - 1):
        assert len(moved_fits(given[:cut], 10.0) or b"") == cut
    beyond = given.replace(b"2015-02-14T09:50:45.391000", b"9999-12-31T09:50:45.391000")
    assert b"9999-12-31T09:50:45" in (moved_fits(beyond, 1e9) or b"")
