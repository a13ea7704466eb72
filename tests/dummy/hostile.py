"""Requests that no honest client sends, over every address of the API: the same seed gives the same requests."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from demo.lives import sample
from gracetape.dummy.routes import ROUTES, V2_ROUTES

SQL = ["' OR 1=1 --", "'; DROP TABLE captures; --", '"', "%' UNION SELECT json FROM records --", "T1' OR ''='"]
PATHS = [
    "..",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "....//",
    "/etc/passwd",
    ".",
    "~root",
    "C:\\x",
    "a/../b",
]
WEIRD = [
    "\0", "\r\nX: y", "\ud800", "ünïcödé⊙", "\u202e", "a" * 5000, "1e999", "nan", "-1", "9" * 40, "", " ", "null", "{}",
    "[]", ",", "٣", "²", "1_0", "\x85", "%", "%s", "${x}", "<script>", "\x1b[31m", "😀" * 90,
]  # fmt: skip
IDS = ["T1", "T2", "G1", "S101010a", "TS101020l", "S1", "GW150914", "T" + "9" * 30, "t1", "T1,0", "T1@1", "T1:2"]
LIKELY = [
    "T1",
    "T2",
    "TS101020a",
    "TS101020b",
    "1",
    "2",
    "3",
    "INJ",
    "ADVREQ",
    "sky_loc",
    "cbc-lm.xml",
    "cbc-lm.xml,0",
    "H1",
    "OP_H1",
]
TEXTS = SQL + PATHS + WEIRD + IDS
#: What an honest client writes where an address has a blank.
FILLINGS = {
    "n": ["1", "2", "3"], "label": ["INJ", "DQV", "ADVREQ", "EM_READY"], "tag": ["sky_loc", "psd", "new"], "member": ["T1", "T2"],
    "filename": ["cbc-lm.xml", "cbc-lm.xml,0", "test_file.txt"], "typeinst": ["OPH1", "ADV", "OP_H1"],
}  # fmt: skip
VALUES: list[Any] = [
    *TEXTS, *LIKELY, None, True, False, 0, -1, 1, 3.5, 2**31, 2**63, 2**200, -(2**63) - 1, 1e308, float("nan"), float("inf"), [], {},
    [None], [[]], [{}], {"a": None}, ["T1", "T1"], ["T1", 2], [1.0] * 3, {"\ud800": "\0"}, [[[[[[[[]]]]]]]], "O" * 300,
]  # fmt: skip
NAMES = (
    "comment message label labels tagname tag displayName upload eventFile group pipeline search offline t_start t_0 t_end "
    "preferred_event events event category name signoff_type instrument status voevent_type skymap_filename internal "
    "raList decList raWidthList decWidthList startTimeList durationList ra_list dec_list ra_width_list dec_width_list "
    "start_time_list duration_list em_group action filename replay_id content_id superevent far redshift t90 ra dec "
    "error_radius designation em_type open_alert hardware_inj coinc_comment ProbHasNS BNS pipeline_preferred_event as_label"
).split()
QUERY_NAMES = ["query", "start", "count", "sort", "columns", "format", "limit", "offset"]
METHODS = "GET GET GET POST POST POST POST PUT PUT DELETE PATCH PATCH HEAD OPTIONS TRACE CONNECT FROB".split()

FILES = ["cbc-lm.xml", "cbc-mbta.xml", "fermi-test.xml", "burst-cwb.txt", "upload.data.gz", "test_file.txt"]

#: Fields that make an honest request to addresses that end so; one or more of them are then spoilt.
_FOOTPRINT = {
    "ra": [1.0],
    "dec": [2.0],
    "raWidth": [3.0],
    "decWidth": [1.0],
    "startTime": ["2026-03-01T12:00:00"],
    "duration": [1],
}
_OLD = {f"{name}List": value for name, value in _FOOTPRINT.items()}
_NEW = {f"{re.sub('([A-Z])', lambda m: '_' + m[1].lower(), name)}_list": value for name, value in _FOOTPRINT.items()}
HONEST: Sequence[tuple[str, dict[str, Any]]] = (
    ("events/", {"group": "Test", "pipeline": "gstlal", "search": "AllSky", "offline": False, "labels": ["INJ"]}),
    ("superevents/", {"t_start": 1.0, "t_0": 2.0, "t_end": 3.0, "preferred_event": "T2", "category": "test", "labels": ["INJ"]}),
    ("superevents/{graceid}/", {"t_start": 1.0, "t_0": 2.0, "t_end": 3.0, "preferred_event": "T1"}),
    ("superevents/{graceid}/events/", {"event": "T2"}),
    ("log/", {"comment": "hello", "tagname": ["sky_loc", "new one"], "displayName": ["x"], "label": "INJ"}),
    ("logs/", {"comment": "hello", "tagname": ["sky_loc"], "displayName": ["x"], "label": "INJ"}),
    ("labels/", {"name": "DQV", "label": "DQV"}),
    ("tag/", {"tagname": "psd", "displayName": "PSD"}),
    ("tags/", {"name": "psd", "displayName": "PSD"}),
    ("emobservation/", {"group": "Swift", "comment": "seen", **_OLD}),
    ("emobservations/", {"group": "Swift", "em_group": "Swift", "comment": "seen", **_OLD, **_NEW}),
    ("voevent/", {"voevent_type": "PR", "internal": True}),
    ("voevents/", {"voevent_type": "PR", "internal": True, "skymap_filename": "x.fits", "skymap_type": "x"}),
    ("signoffs/", {"signoff_type": "OP", "instrument": "H1", "status": "OK", "comment": "fine"}),
    ("modify/", {"action": "expose"}),
)  # fmt: skip


@dataclass
class Request:
    """A request as a server gets it; `path` and `query` are quoted."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def requests(seed: int, count: int) -> Iterator[Request]:
    """That many hostile requests."""
    for number in range(count):
        dice = Random(f"{seed}:{number}")
        address, resource, _ = dice.choice((*ROUTES, *V2_ROUTES))
        body, kind = _body(dice, address)
        headers = {} if kind is None else {"Content-Type": kind}
        if dice.random() < 0.1:
            name = dice.choice(
                ["Accept", "Host", "User-Agent", "Range", "If-None-Match", "Cookie", "X-Forwarded-Host", "Forwarded"]
            )
            headers[name] = dice.choice(
                [
                    "*/*",
                    "a" * 3000,
                    "text/html",
                    "application/x-ligo-lw",
                    "'; --",
                    "bytes=0-",
                    "\xfc",
                    "a:b:c",
                    "for=;;",
                ]
            )
        answered = [method for method in METHODS if hasattr(resource, f"on_{method.lower()}")]
        method = dice.choice(METHODS if dice.random() < 0.2 else answered)
        yield Request(method, _path(dice, address), _query(dice), body, headers)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="/%")


def _path(dice: Random, address: str) -> str:
    """An address of the API with its blanks filled in, now and then with nonsense, or something like one."""
    root = dice.choice(["/api/"] * 6 + ["/api/v1/", "/api/v2/"] * 2 + ["/", "/api//", "/api/v3/"])

    def fill(blank: re.Match[str]) -> str:
        right = FILLINGS.get(blank[1], LIKELY)
        if blank[1] == "graceid":
            right = ["TS101020a"] if address.startswith("superevents/") else ["T1", "T2"]
        return _quoted(dice.choice(right if dice.random() < 0.85 else LIKELY + TEXTS))

    end = dice.choice(["", "%", "%zz", "%00", "//", ";x", "/.."]) if dice.random() < 0.1 else ""
    return root + re.sub(r"\{(\w+)\}", fill, address) + end


def _query(dice: Random) -> str:
    if dice.random() < 0.5:
        return ""
    pairs = [
        (_quoted(dice.choice(QUERY_NAMES)), _quoted(dice.choice(TEXTS + LIKELY))) for _ in range(dice.randint(1, 3))
    ]
    return urlencode(pairs) + (dice.choice(["&", "%", "=%ff", "&&=="]) if dice.random() < 0.2 else "")


def _fields(dice: Random, address: str) -> dict[str, Any]:
    """Honest fields with some of them spoilt, dropped, or joined by others."""
    honest = [given for end, given in HONEST if address.endswith(end)]
    fields = dict(honest[-1]) if honest else {}
    spoiling = dice.choice([0.0, 0.1, 0.4])
    for name in list(fields):
        if dice.random() < spoiling:
            fields[name] = dice.choice(VALUES)
        elif dice.random() < spoiling / 4:
            del fields[name]
    for _ in range(dice.choice([0, 0, 0, 0, 1, 3])):
        fields[dice.choice(NAMES + TEXTS)] = dice.choice(VALUES)
    return fields


def _body(dice: Random, address: str) -> tuple[bytes, str | None]:
    """A body and its content type: well-formed with nonsense in it, or broken."""
    kinds = "none json json form form multipart multipart multipart broken-json broken-multipart bytes"
    kind = dice.choice(kinds.split())
    if kind == "none":
        return b"", None
    if kind == "bytes":
        types = [
            "",
            "text/xml",
            "application/json",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "a/b; c",
            ";",
            "\xfc",
        ]
        return dice.randbytes(dice.randint(0, 200)), dice.choice(types)
    fields = _fields(dice, address)
    if kind.endswith("json"):
        text = json.dumps(fields if dice.random() < 0.9 else dice.choice([*VALUES, "[" * 5000])).encode()
        return (text if kind == "json" else text[: len(text) // 2] + b"\xff"), "application/json"
    if kind == "form":
        return urlencode(
            [(_quoted(n), _quoted(str(v))) for n, v in fields.items()]
        ).encode(), "application/x-www-form-urlencoded"
    where = "eventFile" if address in ("events/", "events/{graceid}") else "upload"
    return _multipart(dice, fields, where, broken=kind.startswith("broken"))


def _multipart(dice: Random, fields: dict[str, Any], where: str, *, broken: bool) -> tuple[bytes, str]:
    parts = [_part(name, value) for name, value in fields.items()]
    if dice.random() < 0.8:
        name, contents = sample(dice.choice(FILES))
        if spoiling := dice.random() < 0.5:
            contents = dice.choice([contents[: len(contents) // 2], b"", dice.randbytes(100), b"<a>" * 1000])
        filename = dice.choice([*PATHS, *WEIRD]) or "x" if spoiling and dice.random() < 0.5 else name
        parts.append(_part(dice.choice([where] * 6 + ["eventFile", "x"]), contents, filename))
    whole = b"".join(parts) + b"--b--\r\n"
    boundary = dice.choice(["b", "b", "b", "b", "c", "", "b" * 300])
    return whole[: dice.randint(0, len(whole))] if broken else whole, f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: Any, filename: str | None = None) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    contents = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode(
        "utf-8", "surrogatepass")  # fmt: skip
    return head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + contents + b"\r\n"
