"""Small files that would cost much: each is refused with a sentence that names the limit; what is just within is read."""

import bz2
import gzip
import json
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from gracetape.archive import Archive
from gracetape.bounded_json import read_json
from gracetape.bounded_xml import check_xml
from gracetape.dummy.app import make_app
from gracetape.pipelines import read_upload, retimed
from gracetape.pipelines.formats.ligolw_parser import load
from gracetape.pipelines.reread import reread
from gracetape.reading_limits import LIMITS, LimitExceeded, ReadingLimits, joined
from gracetape.unpacking import unpacked

HEAD = b'<?xml version="1.0"?><!DOCTYPE LIGO_LW SYSTEM "http://nowhere.invalid/ligolw_dtd.txt"><LIGO_LW>'
FOOT = b"</LIGO_LW>"
ENTITIES = b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10))
BILLION = b'<!DOCTYPE LIGO_LW [<!ENTITY a0 "lol">' + ENTITIES + b"]><LIGO_LW><Comment>&a9;</Comment></LIGO_LW>"
LONG_ENTITY = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 5000 + b'">]><x>' + b"&a;" * 5000 + b"</x>"
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
PARAMETER = b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;]><x/>'
DEFAULTS_OF_ONE = b"<!DOCTYPE x [<!ATTLIST y" + b"".join(b' a%d CDATA ""' % i for i in range(200_000)) + b">]><x/>"
NAMESPACE = b'<x xmlns:p="' + b"a" * 1_000_000 + b'">' + b"<p:a/>" * 10_000 + b"</x>"
DEFAULTS = b'<!DOCTYPE x [<!ATTLIST y a CDATA "' + b"a" * 5000 + b'">]><x>' + b"<y/>" * 5000 + b"</x>"


def table(columns: int, cells: bytes = b"1", delimiter: bytes = b",") -> bytes:
    named = b"".join(b'<Column Name="c%d" Type="real_8"/>' % i for i in range(columns))
    stream = b'<Stream Name="a:table" Type="Local" Delimiter="%s">%s</Stream>' % (delimiter, cells)
    return b'<Table Name="a:table">' + named + stream + b"</Table>"


def row(columns: int) -> bytes:
    return b",".join([b"1"] * columns)


def ligolw(inner: bytes) -> bytes:
    return HEAD + inner + FOOT


def array(*sizes: int) -> bytes:
    dims = b"".join(b"<Dim>%d</Dim>" % size for size in sizes)
    return b'<Array Name="a:array" Type="real_8">' + dims + b'<Stream Type="Local" Delimiter=",">1</Stream></Array>'


BEYOND = {
    "a billion laughs": (BILLION, "declares entities"),
    "a long entity, often": (LONG_ENTITY, "declares entities"),
    "a file outside": (OUTSIDE, "declares entities"),
    "an address outside": (PARAMETER, "declares entities"),
    "long defaults": (DEFAULTS, "declares a document type"),
    "defaults of one element": (DEFAULTS_OF_ONE, "declares a document type"),
    "a long namespace, often": (NAMESPACE, "namespace of more than 1000 characters"),
    "a long tag": (
        ligolw(b"<LIGO_LW " + b" ".join(b'a%d=""' % i for i in range(200_000)) + b"/>"),
        "more than 1048576 bytes",
    ),
    "a tag without end": (b"<" + b"a" * 5_000_000, "more than 1048576 bytes"),
    "a comment without end": (HEAD + b"<!--" + b" a" * 5_000_000, "more than 1048576 bytes"),
    "names that nobody declared": (ligolw(b"<Comment>" + b"&a;" * 1001 + b"</Comment>"), "undeclared entities"),
    "a long attribute": (ligolw(b'<LIGO_LW Name="' + b"a" * 1001 + b'"/>'), "an attribute of more than 1000"),
    "a long name of a column": (ligolw(table(1).replace(b"c0", b"c" * 65)), "an attribute of more than 64 characters"),
    "YAML": (ligolw(b'<Param Name="a:param" Type="yaml">!!python/name:os.system ""</Param>'), "in YAML"),
    "too deep": (ligolw(b"<LIGO_LW>" * 50 + b"</LIGO_LW>" * 50), "more deeply than 50"),
    "much too deep": (b"<LIGO_LW>" * 100_000, "more deeply than 50"),
    "too many elements": (ligolw(b"<LIGO_LW/>" * 20_000), "more elements than 20000"),
    "too many lines": (ligolw(b"\n" * 4_000_001), "more than 4000000 lines"),
    "too long": (ligolw(b" " * (32 << 20)), "more than 33554432 bytes"),
    "a table too wide": (ligolw(table(151, row(151))), "more than 150 columns"),
    "wide tables": (ligolw(table(100, row(100)) * 10 + table(1)), "more than 1000 columns"),
    "too many cells": (ligolw(table(1, b";" * 500_001, b";")), "more than 500000 cells in tables"),
    "gzip too long": (gzip.compress(bytes(33 << 20), 1), "gzip holds more than"),
    "bzip2 too long": (bz2.compress(bytes(33 << 20), 1), "bzip2 holds more than"),
    "xz too long": (lzma.compress(bytes(33 << 20), preset=0), "xz holds more than"),
    "gzip of nothing, often": (gzip.compress(b"") * 100_000, "more than 1000 members"),
    "bzip2 of nothing, often": (bz2.compress(b"") * 100_000, "more than 1000 members"),
    "xz of nothing, often": (lzma.compress(b"") * 100_000, "more than 1000 members"),
    "a bomb in gzip": (gzip.compress(BILLION), "declares entities"),
}


@pytest.mark.parametrize(("content", "said"), BEYOND.values(), ids=BEYOND.keys())
def test_a_ligolw_file_beyond_a_limit_is_refused_by_name(content: bytes, said: str) -> None:
    told = read_upload("gstlal", "Test", None, "coinc.xml", content, {})
    assert told.refused is not None
    assert told.refused.startswith("coinc.xml: ")
    assert said in told.refused
    assert told.failed
    assert retimed(content, 10.0) == content


WITHIN = {
    "deep": ligolw(b"<LIGO_LW>" * 49 + b"</LIGO_LW>" * 49),
    "many elements": ligolw(b"<LIGO_LW/>" * 19_000),
    "many short texts": ligolw(b"<Comment>" + b"&amp;\n" * 500_000 + b"</Comment>"),
    "wide": ligolw(table(150, row(150)) * 4),
    "cells": ligolw(table(1, row(300_000))),
    "one long cell": ligolw(table(1, b" " * 4_000_000 + b"1")),
    "a long attribute": ligolw(b'<LIGO_LW Name="' + b"a" * 1000 + b'"/>'),
    "a long comment": ligolw(b"<!--" + b"a" * 1_000_000 + b"-->"),
    "wide names": ligolw(
        b'<Table Name="a:table">'
        + b"".join(b'<Column Name="%s%d" Type="real_8"/>' % (b"c" * 60, i) for i in range(150))
        + b"</Table>"
    ),
    "gzip": gzip.compress(ligolw(b" " * (30 << 20)), 1),
    "members": gzip.compress(b"") * 998 + gzip.compress(HEAD) + gzip.compress(FOOT) + bytes(5000),
    "an entity that nobody declared": ligolw(b"<Comment>&unheard;</Comment>"),
}


@pytest.mark.parametrize("content", WITHIN.values(), ids=WITHIN.keys())
def test_a_ligolw_file_within_the_limits_is_read(content: bytes) -> None:
    told = read_upload("gstlal", "Test", None, "coinc.xml", content, {})
    assert told.warnings == ["Could not extract coinc inspiral table."]


@pytest.mark.parametrize(
    "inner",
    [
        table(0),
        b'<Table Name="a:table"><Stream Name="a:table"/></Table>',
        b'<Table Name="a:table"><Stream Name="a:table">1</Stream><Column Name="a" Type="real_8"/></Table>',
        table(1) + b"<LIGO_LW>" + table(0, b"") + b"</LIGO_LW>",
    ],
)
def test_a_table_without_columns_is_unreadable_and_does_not_end_the_process(inner: bytes) -> None:
    told = read_upload("gstlal", "Test", None, "coinc.xml", ligolw(inner), {})
    assert "a Stream before its first Column" in str(told.failed)
    assert told.refused is None
    assert retimed(ligolw(inner), 5.0) == ligolw(inner)


@pytest.mark.parametrize("inner", [b"", b"<Stream/>", b"<Stream>1 2</Stream>"])
def test_what_the_library_cannot_write_again_stays_as_it_is(inner: bytes) -> None:
    content = ligolw(b'<Array Name="a:array" Type="real_8">' + inner + b"</Array>")
    assert retimed(content, 5.0)
    huge = b'{"gpstime": 1' + b"0" * 400 + b"}"
    assert retimed(huge, 5.0) == huge


@pytest.mark.parametrize("sizes", [(1 << 40,), (2000, 2000), (1 << 20, 1 << 20, 1 << 20), (10**30,)])
def test_no_room_is_made_for_an_array_that_only_says_that_it_is_large(sizes: tuple[int, ...]) -> None:
    with pytest.raises(LimitExceeded, match="more than 1500000 values in arrays"):
        load(ligolw(array(*sizes)))
    assert load(ligolw(array(1))) is not None


@pytest.mark.parametrize("form", [gzip, bz2, lzma])
def test_packed_files_are_unpacked_up_to_the_last_byte_that_they_may_have(form: object) -> None:
    limits = ReadingLimits(file_bytes=100_000)
    assert unpacked(form.compress(bytes(100_000)), limits) == bytes(100_000)  # type: ignore[attr-defined]
    assert unpacked(form.compress(b"one") + form.compress(b"two"), limits) == b"onetwo"  # type: ignore[attr-defined]
    with pytest.raises(LimitExceeded, match="more than 100000 bytes"):
        unpacked(form.compress(bytes(100_001)), limits)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="cut short"):
        unpacked(form.compress(b"one two three")[:-3], limits)  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [BILLION, LONG_ENTITY, b"<v>" * 51, b"<v>" + b"<a/>" * 20_000 + b"</v>"])
def test_a_voevent_beyond_a_limit_is_refused_by_name(content: bytes) -> None:
    for pipeline in ("Fermi", "IceCube"):
        assert "voevent.xml: it " in str(read_upload(pipeline, "External", "GRB", "voevent.xml", content, {}).refused)


def test_contents_are_gathered_no_further_than_they_may_be_long() -> None:
    taken = []

    def pieces() -> Iterator[bytes]:
        for number in range(1000):
            taken.append(number)
            yield bytes(100)

    with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
        joined(pieces(), 1000)
    assert len(taken) == 11
    assert joined([b"a", b"b"], 2) == b"ab"


@pytest.mark.parametrize("content", [BILLION, b"<LIGO_LW>" * 51, b"no XML"])
def test_a_file_beyond_a_limit_on_a_tape_tells_nothing_of_the_event(content: bytes) -> None:
    event = {"group": "Test", "pipeline": "gstlal", "search": None, "instruments": "H1"}
    assert reread(event, "coinc.xml", content) == {}


@pytest.mark.parametrize("many", [1, 1000])
def test_times_of_a_voevent_are_moved_with_the_space_around_them_kept(many: int) -> None:
    content = b"<voe:VOEvent><Date>" + b" " * many + b"2020-01-01T00:00:00" + b"\n" * many + b"</Date></voe:VOEvent>"
    assert retimed(content, 5.0) == content.replace(b"00:00:00", b"00:00:05")


def test_attributes_are_counted() -> None:
    check_xml(b"<a " + b" ".join(b'a%d="1"' % i for i in range(100)) + b"/>", ReadingLimits(xml_attributes=100))
    with pytest.raises(LimitExceeded, match="more attributes than 99"):
        check_xml(b"<a " + b" ".join(b'a%d="1"' % i for i in range(100)) + b"/>", ReadingLimits(xml_attributes=99))


def test_json_is_bounded_in_depth_size_and_values() -> None:
    assert read_json("[" * 200 + "]" * 200)
    assert read_json('"' + "[" * 5000 + '"') == "[" * 5000
    limits = ReadingLimits(json_bytes=1000, json_values=100)
    for text, said in (
        ("[" * 201 + "]" * 201, "more than 200 levels"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 500 + "1" + "}" * 500, "more than 200 levels"),
        ('"' + "a" * 1000 + '"', "more than 1000 characters"),
        ("[" + "1," * 110 + "1]", "more than 100 values"),
        ("1" * 5000, "4300 digits"),
    ):
        with pytest.raises(ValueError, match=said):
            read_json(text, limits if "1000 " in said or "100 " in said else LIMITS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a":' * 500 + b"1" + b"}" * 500, "more than 200 levels"),
        (b"[" + b"[]," * 1_500_000 + b"1]", "more than 1500000 values"),
    ],
)
def test_a_json_file_beyond_a_limit_is_refused_by_name(content: bytes, said: str) -> None:
    for pipeline in ("oLIB", "MLy"):
        assert said in str(read_upload(pipeline, "Burst", None, "a.json", content, {}).refused)


def test_numbers_too_long_to_be_any_are_no_trouble() -> None:
    for value in ("1" * 4000, "1" * 5000, "1e999", '"' + "9" * 5000 + '"'):
        content = f'{{"instruments": "H1", "gpstime": {value}, "far": {value}, "nevents": {value}}}'.encode()
        assert read_upload("oLIB", "Burst", None, "a.json", content, {}).gpstime in (None, float("inf"))
        read_upload("MLy", "Burst", None, "a.json", content, {})
    assert read_upload("CWB", "Burst", None, "a.txt", b"start: " + b"1" * 5000, {}).failed


def test_cwbs_text_is_bounded_in_lines_and_bytes() -> None:
    long = b"ifo: " + b"H1 " * 1_500_000
    assert "more than 4194304 bytes" in str(read_upload("CWB", "Burst", None, "a.txt", long, {}).refused)
    assert "more than 200000 lines" in str(read_upload("CWB", "Burst", None, "a.txt", b"\n" * 200_001, {}).refused)


def test_the_request_is_answered_with_what_limit_was_broken_and_no_event_is_made(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "bombed.tape") as archive:
        client = TestClient(make_app(archive))

        def post(path: str, content: bytes, method: str = "POST", **fields: str) -> tuple[int, str]:
            parts = [f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
            head = (
                "".join(parts) + '--b\r\nContent-Disposition: form-data; name="eventFile"; filename="coinc.xml"\r\n\r\n'
            )
            body = head.encode() + content + b"\r\n--b--\r\n"
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            answered = client.simulate_request(method, f"/api/{path}", body=body, headers=kind)
            return answered.status_code, answered.text

        kind = {"group": "Test", "pipeline": "gstlal", "search": "AllSky"}
        refused = (400, json.dumps({"error": "coinc.xml: it declares entities, which are refused"}))
        status, said = post("events/", BILLION, **kind)
        assert (status, json.loads(said)) == (400, json.loads(refused[1]))
        status, said = post("events/", bytes((32 << 20) + 1), **kind)
        assert (status, json.loads(said)) == (413, {"error": "coinc.xml: the file has more than 33554432 bytes"})
        assert client.simulate_get("/api/events/").json["numRows"] == 0
        status, said = post("events/", b"no XML at all", **kind)
        assert status == 201
        assert "Problem scanning data" in said
        assert post("events/T1", BILLION, "PUT")[0] == 400
        status, _ = post("events/", bytes((32 << 20) + 1), group="Test", pipeline="Omega")
        assert status == 201, "nobody reads it: it may be as long as it likes"
        deep: object = 1
        for _ in range(500):
            deep = {"a": deep}
        for body in (json.dumps(deep), "[" * 100_000, '{"a": ' + "1" * 5000 + "}"):
            answered = client.simulate_post(
                "/api/events/T1/log/", body=body, headers={"Content-Type": "application/json"}
            )
            assert answered.status_code == 400
            assert "JSON parse error - " in answered.json["detail"]
