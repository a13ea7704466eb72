"""The size of an archive of 50 files, 50 MB, against tar and zstd -3 of the same files."""

import io
import random
import tarfile
import tempfile
from pathlib import Path

import zstandard

from benchmarks.figure import Figure
from gracetape.archive import Archive
from gracetape.archive.packing import convert


def _files() -> list[tuple[str, bytes]]:
    """Half text that packs well, half noise that doesn't, 1 MB each."""
    draw = random.Random(5)
    words = [f"{draw.random():.8f}" for _ in range(5000)]
    found = []
    for i in range(50):
        if i % 2:
            found.append((f"posterior{i}.dat", draw.randbytes(1_000_000)))
        else:
            found.append((f"table{i}.txt", "\n".join(draw.choices(words, k=90_000)).encode()[:1_000_000]))
    return found


def size_against_tar() -> list[Figure]:
    """Bytes on disk of a packed and a folder archive."""
    files = _files()
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as packed:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    peer = len(zstandard.ZstdCompressor(level=3).compress(tar.getvalue()))
    with tempfile.TemporaryDirectory() as folder, Archive.create(Path(folder) / "a.tape") as archive:
        with archive.transaction() as tx:
            capture = tx.begin("G1", "https://gracedb.ligo.org/api/", "capture")
            for name, content in files:
                tx.add_file(capture, name, tx.store_blob(iter([content])))
            tx.put(capture, "object", "", {"graceid": "G1", "created": "2026-01-01 00:00:00 UTC"})
            tx.finish(capture)
        convert(archive, Path(folder) / "b.tape", packed=True)
        sizes = {"folder": archive.size_on_disk(), "packed": (Path(folder) / "b.tape").stat().st_size}
    return [
        Figure(
            f"archive of 50 files ({name})",
            f"{size / 1e6:.1f} MB",
            f"{peer / 1e6:.1f} MB, tar + zstd -3",
            size / peer,
            "≤ 1.1",
        )
        for name, size in sizes.items()
    ]
