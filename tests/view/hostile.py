"""A tape in which every text that a stranger could have written tries to run something, or to ask somebody else."""

from pathlib import Path
from typing import Any

from gracetape.archive import Archive
from gracetape.archive.recorded import Recorded, add_recorded
from gracetape.times import parse_time
from tests.view.made import SERVICE, superevent

Record = dict[str, Any]
GRACEID, ELSEWHERE = "S260102b", "http://elsewhere.example"
#: Each would say so in a dialog, or fetch from elsewhere, if a browser took it for more than text.
CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    f'<img src="{ELSEWHERE}/pixel.png"><link rel=stylesheet href="{ELSEWHERE}/a.css">',
    '<svg onload=alert(3)><animate onbegin=alert(4) attributeName=x dur=1s></svg>',
    f'<iframe src="javascript:alert(5)"></iframe><iframe srcdoc="<script>alert(6)</script>"></iframe><object data="{ELSEWHERE}/o"></object>',
    '<a href="javascript:alert(7)">press</a><a href="data:text/html,<script>alert(8)</script>">this</a>',
    f'<form action="{ELSEWHERE}"><button formaction="javascript:alert(9)">send</button><input autofocus onfocus=alert(10)></form>',
    '"><script>alert(11)</script><"\'`-->]]>',
    f'<style>@import "{ELSEWHERE}/b.css"; body {{ background: url({ELSEWHERE}/c.png) }}</style><p style="background:url({ELSEWHERE}/d.png)">',
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(12)&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(13)>\">",
    f'<video autoplay><source src="{ELSEWHERE}/v"></video><audio src="{ELSEWHERE}/s" autoplay></audio>'
    f'<meta http-equiv=refresh content="0;url={ELSEWHERE}">',
    "</script><script>alert(14)</script><!--<script>",
    "{{constructor.constructor('alert(15)')()}} ${alert(16)} javascript:alert(17)",
    "<base href=\"http://elsewhere.example/\"><details open ontoggle=alert(18)><b id=room name=room>b</b></details>",
)  # fmt: skip


def make_hostile(path: Path) -> Path:
    """An archive of one superevent and one event whose every free text is one of the corpus, in turn."""
    with Archive.create(path) as archive, archive.transaction() as tx:
        capture = tx.begin(GRACEID, SERVICE, "capture")
        everything = "".join(CORPUS)
        members = {
            "submitter": everything,
            "em_type": everything,
            "preferred_event": "G1",
            "gw_events": ["G1"],
            "labels": [_name(7)],
        }
        tx.put(capture, "object", "", superevent(GRACEID, _time(0), **members, more={text: text for text in CORPUS}))
        for n, text in enumerate(CORPUS, start=1):
            record = {
                "N": n,
                "created": _time(n),
                "comment": text,
                "issuer": text,
                "filename": f"{_file(text)}.txt",
                "file_version": 0,
            }
            tx.put(capture, "log", n, record | {"tag_names": [text[:50]]})
            tx.add_file(capture, f"{_file(text)}.txt", tx.store_blob(iter([text.encode()])))
        for n, text in enumerate(CORPUS, start=1):
            link = {"file": f"{ELSEWHERE}/{n}"}
            tx.put(
                capture,
                "voevent",
                n,
                {
                    "N": n,
                    "created": _time(20 + n),
                    "voevent_type": text,
                    "filename": "v.xml",
                    "file_version": 0,
                    "links": link,
                    "issuer": text,
                },
            )
        tx.put(
            capture,
            "label",
            _name(7),
            {"name": _name(7), "created": _time(30), "creator": everything, "self": "javascript:alert(19)"},
        )
        tx.put(
            capture,
            "signoff",
            "ADV",
            {
                "signoff_type": "ADV",
                "instrument": "",
                "status": everything,
                "comment": everything,
                "submitter": everything,
            },
        )
        tx.finish(capture)
        event = tx.begin("G1", SERVICE, "capture")
        about = dict.fromkeys(("group", "pipeline", "search", "instruments", "submitter"), everything)
        tx.put(
            event,
            "object",
            "",
            {"graceid": "G1", "created": _time(0), "labels": [], "superevent": GRACEID, "far": 1e-9} | about,
        )
        tx.put(
            event,
            "log",
            1,
            {
                "N": 1,
                "created": _time(0),
                "comment": everything,
                "issuer": everything,
                "filename": "",
                "file_version": None,
                "tag_names": [],
            },
        )
        tx.finish(event)
        payload = {
            "uid": GRACEID,
            "alert_type": CORPUS[0],
            "data": {"name": everything},
            "object": {"superevent_id": everything},
        }
        add_recorded(tx, {GRACEID: [Recorded(parse_time(_time(40)), CORPUS[1], payload)]})
    return path


def _time(seconds: int) -> str:
    return f"2026-01-02 00:00:{seconds:02} UTC"


def _name(which: int) -> str:
    return CORPUS[which]


def _file(text: str) -> str:
    """A file's name can hold no slash."""
    return text.replace("/", "∕")[:80]
