"""What the page shows of files: sky maps in every layout, tables, JSON, pictures, texts, and what is not as its name says."""

import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import healpy
import numpy as np
import pytest
from astropy.io import fits
from astropy_healpix import level_ipix_to_uniq

from gracetape import sky_maps
from gracetape.archive import Archive
from gracetape.sky_maps import read_sky_map
from gracetape.view.files import found_file, picture_of, shown_file
from gracetape.view.sky_pictures import distance_curve

NSIDE = 8
PNG = b"\x89PNG\r\n\x1a\n"


def sky() -> Any:
    """A probability per nested pixel with two islands."""
    lon, lat = healpy.pix2ang(NSIDE, np.arange(12 * NSIDE**2), nest=True, lonlat=True)
    found = np.exp(-(((lon - 80) / 20) ** 2) - ((lat + 20) / 10) ** 2) + 0.3 * np.exp(
        -(((lon - 250) / 9) ** 2) - ((lat - 45) / 9) ** 2
    )
    return found / found.sum()


def flat(probability: Any, ordering: str, rows: int | None = None, **distances: Any) -> bytes:
    """A flat map; `rows`: so many pixels in each row of the table, as healpy writes it."""
    shape = (-1,) if rows is None else (-1, rows)
    form = "D" if rows is None else f"{rows}D"
    columns = [fits.Column("PROB", form, array=probability.reshape(shape))]
    columns += [fits.Column(name, form, array=values.reshape(shape)) for name, values in distances.items()]
    return table(
        columns, ORDERING=ordering, NSIDE=NSIDE, PIXTYPE="HEALPIX", INSTRUME="H1,L1", DISTMEAN=100.0, DISTSTD=20.0
    )


def multi_order(probability: Any) -> bytes:
    """The southern pixels as they are, the northern ones split into four."""
    level, pixels = int(np.log2(NSIDE)), np.arange(len(probability))
    split = pixels % 3 == 0
    uniq = np.concatenate([level_ipix_to_uniq(level, pixels[~split]),
                           level_ipix_to_uniq(level + 1, (4 * pixels[split][:, None] + np.arange(4)).ravel())])  # fmt: skip
    density = probability / (4 * np.pi / len(probability))
    values = np.concatenate([density[~split], np.repeat(density[split], 4)])
    return table(
        [fits.Column("UNIQ", "K", array=uniq), fits.Column("PROBDENSITY", "D", array=values)], ORDERING="NUNIQ"
    )


def table(columns: list[Any], **header: Any) -> bytes:
    unit, out = fits.BinTableHDU.from_columns(columns), io.BytesIO()
    unit.header.update(header)
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(out)
    return out.getvalue()


LAYOUTS: dict[str, Callable[[], bytes]] = {
    "nested": lambda: flat(sky(), "NESTED"),
    "ring": lambda: flat(sky()[healpy.ring2nest(NSIDE, np.arange(12 * NSIDE**2))], "RING"),
    "rows of 64": lambda: flat(sky(), "NESTED", rows=64),
    "gzip": lambda: gzip.compress(flat(sky(), "NESTED")),
    "multi-order": lambda: multi_order(sky()),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_a_sky_map_is_the_same_sky(layout: str) -> None:
    found = read_sky_map(LAYOUTS[layout]())
    pixel = 4 * np.pi * (180 / np.pi) ** 2 / (12 * NSIDE**2)
    ranked = np.cumsum(np.sort(sky())[::-1])
    for share in (0.5, 0.9):
        assert found.region(share) == pytest.approx((np.searchsorted(ranked, share) + 1) * pixel, abs=pixel)
    lon, lat = healpy.pix2ang(NSIDE, int(np.argmax(sky())), nest=True, lonlat=True)
    size = healpy.nside2resol(NSIDE, arcmin=True) / 60
    assert found.peak() == (pytest.approx(float(lon), abs=size), pytest.approx(float(lat), abs=size))
    assert found.probability.sum() == pytest.approx(1)


def test_the_distance_is_that_of_the_probable_directions() -> None:
    count = 12 * NSIDE**2
    far = np.where(sky() > 1e-3, 120.0, 900.0)
    distances = {"DISTMU": far, "DISTSIGMA": np.full(count, 5.0), "DISTNORM": 1 / (far**2 + 25)}
    curve = distance_curve(read_sky_map(flat(sky(), "NESTED", **distances)))
    assert curve is not None
    where, likely = curve
    assert where[np.argmax(likely)] == pytest.approx(120, abs=5)
    assert distance_curve(read_sky_map(flat(sky(), "NESTED"))) is None


HOSTILE: dict[str, Callable[[], bytes]] = {
    "no FITS": lambda: b"SIMPLE  =  nothing of the kind",
    "cut short": lambda: flat(sky(), "NESTED")[:4000],
    "no whole sky": lambda: table([fits.Column("PROB", "D", array=np.ones(100))]),
    "nothing probable": lambda: flat(np.zeros(12 * NSIDE**2), "NESTED"),
    "not a number": lambda: flat(np.full(12 * NSIDE**2, np.nan), "NESTED"),
    "pixels that there are not": lambda: table([fits.Column("UNIQ", "K", array=[-5, 1 << 62]), fits.Column("PROBDENSITY", "D", array=[1, 1])]),
    "no column": lambda: table([fits.Column("UNIQ", "K", array=[4, 5])]),
    "texts": lambda: table([fits.Column("PROB", "3A", array=["abc"] * 12)]),
    "more rows than bytes": lambda: flat(sky(), "NESTED").replace(b"NAXIS2  =                  768", b"NAXIS2  =           8796093022"),
    "a bomb": lambda: gzip.compress(bytes(9 << 20), 1),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_sky_map_is_refused_with_a_reason(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sky_maps, "LARGEST", replace(sky_maps.LARGEST, file_bytes=8 << 20))
    with pytest.raises(ValueError, match=r"\w+"):
        read_sky_map(HOSTILE[what]())


COINC = b"""<?xml version='1.0'?><!DOCTYPE LIGO_LW SYSTEM "http://ldas-sw.ligo.caltech.edu/doc/ligolwAPI/html/ligolw_dtd.txt"><LIGO_LW>
<Param Name="far:param" Type="real_8">1e-9</Param>
<Table Name="sngl_inspiral:table"><Column Name="sngl_inspiral:ifo" Type="lstring"/><Column Name="snr" Type="real_4"/>
<Stream Name="sngl_inspiral:table" Type="Local" Delimiter=",">
"H1,&lt;b&gt;",8.5,
"L1",7.25
</Stream></Table></LIGO_LW>"""
FILES = {
    "coinc.xml": COINC,
    "coinc.xml.gz": gzip.compress(COINC),
    "voevent.xml": b"<VOEvent><Who/></VOEvent>",
    "bomb.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "p_astro.json": b'{"BNS": 0.5}',
    "broken.json": b'{"BNS": ',
    "deep.json": b"[" * 5000,
    "plot.png": PNG + bytes(50),
    "lie.png": b"<html>",
    "plot.svg": b"<svg onload='alert(1)'/>",
    "notes.txt": b"caf\xc3\xa9 \xff",
    "page.html": b"<script>alert(1)</script>",
    "map.fits": b"nothing",
    "data.hdf5": b"\x89HDF",
    "bayestar.fits.gz": LAYOUTS["gzip"](),
    "moc.fits": LAYOUTS["multi-order"](),
}
#: How each is shown, and a word of what is said besides.
AS: dict[str, tuple[str, str]] = {
    "coinc.xml": ("tables", ""),
    "coinc.xml.gz": ("tables", ""),
    "voevent.xml": ("text", ""),
    "bomb.xml": ("text", "declare"),
    "p_astro.json": ("json", ""),
    "broken.json": ("text", "Expecting"),
    "deep.json": ("text", "deep"),
    "plot.png": ("picture", ""),
    "lie.png": ("other", "no PNG"),
    "plot.svg": ("picture", ""),
    "notes.txt": ("text", ""),
    "page.html": ("text", ""),
    "map.fits": ("other", "FITS"),
    "data.hdf5": ("other", ""),
    "bayestar.fits.gz": ("sky", ""),
    "moc.fits": ("sky", ""),
}


def tape_of(path: Path) -> Path:
    """A tape of one event with all of these files."""
    with Archive.create(path, packed=True) as made, made.transaction() as tx:
        capture = tx.begin("T1", "https://x.invalid/api/", "capture", {})
        tx.put(capture, "object", "", {"graceid": "T1", "created": "2025-01-01 00:00:00 UTC"})
        for name, contents in FILES.items():
            tx.add_file(capture, name, tx.store_blob([contents]), 0)
        tx.finish(capture)
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tape_of(tmp_path_factory.mktemp("shown") / "shown.tape")) as opened:
        yield opened


def shown(archive: Archive, name: str) -> dict[str, Any]:
    return shown_file(archive, found_file(archive.view("T1").files(), f"{name},0"))


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_shown_by_what_it_is(archive: Archive, name: str) -> None:
    found, (kind, said) = shown(archive, name), AS[name]
    assert found["kind"] == kind
    assert said in found["said"] if said else not found["said"]


def test_a_document_is_shown_as_its_tables(archive: Archive) -> None:
    inspiral, parameters = shown(archive, "coinc.xml")["tables"]
    assert inspiral == {
        "name": "sngl_inspiral",
        "columns": ["ifo", "snr"],
        "rows": [["H1,<b>", "8.5"], ["L1", "7.25"]],
        "count": 2,
    }
    assert parameters["rows"] == [["far", "1e-9"]]


def test_a_map_is_drawn_light_and_dark(archive: Archive) -> None:
    entry = found_file(archive.view("T1").files(), "moc.fits,0")
    light, dark = (picture_of(archive, entry, "sky", dark) for dark in (False, True))
    assert light.startswith(PNG)
    assert light != dark
    assert picture_of(archive, entry, "sky", False) is light  # drawn once
