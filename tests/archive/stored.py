"""Small objects with files, put into an archive as captures put them."""

from gracetape.archive import Archive

SERVICE = "https://gracedb.ligo.org/api/"


def keep(archive: Archive, graceid: str, files: list[bytes]) -> None:
    with archive.transaction() as tx:
        capture = tx.begin(graceid, SERVICE, "capture")
        tx.put(capture, "object", "", {"graceid": graceid, "created": "2026-01-01 00:00:00 UTC", "gpstime": 1.0})
        for i, contents in enumerate(files):
            tx.add_file(capture, f"{i}.txt", tx.store_blob(iter([contents])))
        tx.finish(capture)


def contents_of(archive: Archive, graceid: str) -> list[bytes]:
    return [b"".join(archive.read(entry)) for entry in archive.view(graceid).files()]
