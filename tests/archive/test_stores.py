"""Contents of a tape's files in a store elsewhere: a real S3 server (moto), and a folder that several machines have."""

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from gracetape.archive import Archive, ArchiveError
from gracetape.archive.blobs import plain, together
from gracetape.archive.packing import collect, convert
from gracetape.archive.sharing import blob_cache
from gracetape.archive.sharing.blob_cache import BlobCache, cache_size
from gracetape.archive.sharing.moving import bring_back, use_store
from gracetape.archive.sharing.places import Changed, place_at
from gracetape.archive.sharing.pull import pull
from gracetape.archive.sharing.push import push
from gracetape.archive.sharing.stores import is_trusted
from gracetape.archive.verify import verify
from gracetape.dummy import GraceDb
from gracetape.errors import UsageError
from tests.archive.elsewhere import web_server
from tests.archive.stored import contents_of, keep

FILES = [b"one" * 1000, b"two", b"\x28\xb5\x2f\xfd looks packed"]


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "word", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    client.create_bucket(Bucket="tapes")
    yield client
    server.stop()


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of its own: nothing is kept of a store, and none was named."""
    monkeypatch.setenv("GRACETAPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GRACETAPE_STORES", raising=False)


@pytest.fixture(params=["s3", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: Any) -> str:
    if request.param == "folder":
        return str(tmp_path / "store")
    for name, value in (
        ("AWS_ENDPOINT_URL", s3.meta.endpoint_url), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "word"),
        ("AWS_REGION", "us-east-1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    return f"s3://tapes/{tmp_path.name}"


def another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str = "another") -> None:
    monkeypatch.setenv("GRACETAPE_CACHE", str(tmp_path / name))


def copied(tape: Path, to: Path) -> Path:
    """The SQLite part of a tape, with what says where its contents are."""
    to.mkdir()
    for name in ("archive.sqlite", "blobs.url"):
        shutil.copy(tape / name, to)
    return to


def sound(path: Path) -> bool:
    with Archive.open(path) as tape:
        return list(verify(tape)) == []


def test_a_second_machine_reads_what_the_first_wrote(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tmp_path / "a.tape"
    use_store(tape, store)
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", FILES)
    assert not list((tape / "blobs").glob("??/*")), "they are in the store"
    copy = copied(tape, tmp_path / "copy.tape")
    another_machine(tmp_path, monkeypatch)
    use_store(copy, store)
    with Archive.open(copy) as archive:
        assert contents_of(archive, "G1") == FILES
    with GraceDb(copy) as client:
        client.write_log("G1", "mine", "mine.txt", b"mine")
        assert client.files("G1", "0.txt").read() == FILES[0]
    assert sound(copy)


def test_contents_are_written_once_and_fetched_once(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = type(place_at(store))
    asked: list[tuple[str, str]] = []
    for name in ("put", "read"):
        monkeypatch.setattr(place, name, _noting(getattr(place, name), asked))
    tape, other = tmp_path / "a.tape", tmp_path / "b.tape"
    for path in (tape, other):
        use_store(path, store)
        with Archive.open(path, read_only=False) as archive:
            keep(archive, "G1", FILES)
    assert [act for act, _ in asked] == ["put"] * len(FILES)
    asked.clear()
    another_machine(tmp_path, monkeypatch)
    use_store(other, store)
    monkeypatch.setenv("GRACETAPE_STORES", store)
    for _ in range(2):
        with Archive.open(tape) as archive:
            assert contents_of(archive, "G1") == FILES
    assert [act for act, _ in asked] == ["read"] * len(FILES)


def _noting(act: Any, asked: list[tuple[str, str]]) -> Any:
    def noted(self: Any, name: str, *args: Any, **options: Any) -> Any:
        asked.append((act.__name__, name))
        return act(self, name, *args, **options)

    return noted


def test_a_tape_moves_to_a_store_and_back(store: str, tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    with Archive.create(tape) as archive:
        keep(archive, "G1", FILES)
    assert use_store(tape, store) == len(FILES)
    assert use_store(tape, store) == 0
    assert not list((tape / "blobs").glob("??/*"))
    with Archive.open(tape) as archive:
        convert(archive, tmp_path / "packed.tape", packed=True)
    assert sound(tape)
    assert sound(tmp_path / "packed.tape")
    assert bring_back(tape) == len(FILES)
    shutil.rmtree(tmp_path / "cache")
    shutil.rmtree(store, ignore_errors=True)
    assert sound(tape)


def test_what_a_copy_needs_is_never_removed(store: str, tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    use_store(tape, store)
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", FILES)
    copy = copied(tape, tmp_path / "copy.tape")
    with Archive.open(tape, read_only=False) as archive:
        with archive.transaction() as tx:
            tx.drop(archive.capture("G1"))
        collect(archive)
    shutil.rmtree(tmp_path / "cache" / "blobs")
    assert sound(copy)


def test_damage_in_the_store_is_seen_and_heals(
    store: str, tmp_path: Path, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tmp_path / "a.tape"
    use_store(tape, store)
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", [b"contents"])
        name = next(iter(_damage(store, s3)))
    another_machine(tmp_path, monkeypatch)
    use_store(tmp_path / "any.tape", store)
    with Archive.open(tape) as archive, pytest.raises(ArchiveError, match="are damaged.*at "):
        contents_of(archive, "G1")
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G2", [b"contents"])
    another_machine(tmp_path, monkeypatch, "third")
    use_store(tmp_path / "any2.tape", store)
    assert sound(tape), name


def _damage(store: str, s3: Any) -> Iterator[str]:
    """Let all contents of a store be others, of the same length."""
    if store.startswith("/"):
        for path in (Path(store) / "blobs").glob("*/*"):
            path.write_bytes(b"x" * path.stat().st_size)
            yield path.name
        return
    prefix = store.removeprefix("s3://tapes/")
    for found in s3.list_objects_v2(Bucket="tapes", Prefix=f"{prefix}/blobs")["Contents"]:
        s3.put_object(Bucket="tapes", Key=found["Key"], Body=b"x" * found["Size"])
        yield found["Key"]


def test_a_tape_is_pushed_and_pulled_through_it_and_two_pushes_do_not_mix(store: str, tmp_path: Path) -> None:
    place = place_at(f"{store}/shared.tape")
    tape = tmp_path / "a.tape"
    with Archive.create(tape) as archive:
        keep(archive, "G1", FILES)
        assert push(archive, place).contents == len(FILES)
    assert pull(place, tmp_path / "got.tape").captures == ["G1@1"]
    with pytest.raises(Changed):
        place.replace("tape.json", b"{}", None)
    stamp = place.stamp("tape.json")
    assert stamp is not None
    place.replace("tape.json", b"{}", stamp.tag)
    with pytest.raises(Changed):
        place.replace("tape.json", b"{}", stamp.tag)


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_packed_tape_is_read_from_it_by_ranges(store: str, tmp_path: Path, s3: Any) -> None:
    with Archive.create(tmp_path / "a.tape", packed=True) as archive:
        keep(archive, "G1", FILES)
    key = f"{store.removeprefix('s3://tapes/')}/a.tape"
    s3.upload_file(str(tmp_path / "a.tape"), "tapes", key)
    with Archive.open(f"s3://tapes/{key}") as archive:
        assert contents_of(archive, "G1") == FILES


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_store_that_is_not_there_or_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: Any, store: str
) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        keep(archive, "G1", FILES)
        with pytest.raises(ArchiveError, match="there is no such bucket"):
            push(archive, place_at("s3://elsewhere/a.tape"))
        push(archive, place_at(f"{store}/a.tape"))
    with pytest.raises(ArchiveError, match="a tape that was pushed there, in pieces: `gracetape archive pull s3://"):
        Archive.open(f"{store}/a.tape")


def test_a_store_that_a_tape_names_is_not_asked_before_the_user_names_it(tmp_path: Path, s3: Any) -> None:
    tape = tmp_path / "a.tape"
    with Archive.create(tape) as archive:
        keep(archive, "G1", [b"x"])
    use_store(tape, str(tmp_path / "store"))
    (tape / "blobs.url").write_text(f"{s3.meta.endpoint_url}/tapes/secret\n")
    with Archive.open(tape) as archive, pytest.raises(ArchiveError, match="never named on this machine"):
        contents_of(archive, "G1")


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_store_that_cannot_be_asked_is_told_of_once(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tmp_path / "a.tape"
    with Archive.create(tape) as archive:
        keep(archive, "G1", FILES)
    use_store(tape, store)
    another_machine(tmp_path, monkeypatch)
    with Archive.open(tape) as archive:
        (said,) = verify(archive)
        assert re.search("not all contents were looked at: .* was never named on this machine", said)
    monkeypatch.setenv("GRACETAPE_STORES", store)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("gracetape.archive.sharing.object_place._RETRIES", {"max_retries": 0})
    with Archive.open(tape) as archive:
        (said,) = verify(archive)
        assert re.search("not all contents were looked at: .* it cannot be reached", said)


@pytest.mark.parametrize("said", ["", "two words", "x" * 3000, "s3://b\u0000/"])
def test_a_tape_that_names_no_store(said: str, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape"):
        pass
    (tmp_path / "a.tape" / "blobs.url").write_text(said)
    with pytest.raises(ArchiveError, match="names no store"):
        Archive.open(tmp_path / "a.tape")


def test_which_stores_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACETAPE_STORES", "s3://tapes/o4/ gs://other")
    assert is_trusted("s3://tapes/o4")
    assert is_trusted("s3://tapes/o4/more")
    assert is_trusted("gs://other/anything")
    for url in ("s3://tapes", "s3://tapes/o4b", "s3://tapes/o4/../o3", "https://tapes/o4"):
        assert not is_trusted(url)


@pytest.mark.parametrize(
    "url", ["s3://key:word@tapes/x", "https://albert:word@tapes.invalid/x", "s3://tapes/x?key=word"]
)
def test_secrets_are_not_kept_in_tapes(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        use_store(tmp_path / "a.tape", url)
    assert "word@" not in str(caught.value)
    assert not (tmp_path / "a.tape").exists()


def test_what_is_kept_on_this_machine_stays_below_its_size(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "cache", 1000)
    for number in range(30):
        incoming = cache.incoming()
        incoming.write_bytes(b"x" * 100)
        cache.keep(f"{number:02d}", incoming)
        assert cache.find("00") is not None, "what is used stays"
        assert sum(path.stat().st_size for path in (tmp_path / "cache").glob("*/*")) <= 1000
    assert cache.find("01") is None
    assert cache.find("29") is not None


def test_files_larger_than_what_is_kept_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACETAPE_BLOB_CACHE", "1k")
    tape = tmp_path / "a.tape"
    use_store(tape, str(tmp_path / "store"))
    large = [bytes(range(256)) * 40 + bytes([number]) for number in range(4)]
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", large)
        results: list[bool] = []
        readers = [
            threading.Thread(target=lambda: results.append(contents_of(archive, "G1") == large)) for _ in range(4)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert results == [True] * 4


def test_damage_of_what_is_kept_here_heals_by_itself(tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    use_store(tape, str(tmp_path / "store"))
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", FILES)
        for path in (tmp_path / "cache" / "blobs").glob("*/*"):
            path.write_bytes(b"x")
        assert contents_of(archive, "G1") == FILES


def test_sizes_of_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, size in (("", blob_cache.SIZE), ("500", 500), ("1.5 GB", 1_500_000_000), ("20G", 20_000_000_000)):
        monkeypatch.setenv("GRACETAPE_BLOB_CACHE", text)
        assert cache_size() == size
    monkeypatch.setenv("GRACETAPE_BLOB_CACHE", "much")
    with pytest.raises(UsageError, match="is a size, as in 20G"):
        cache_size()


def test_a_head_of_something_else(store: str, tmp_path: Path) -> None:
    place = place_at(store)
    place.replace("tape.json", json.dumps({"form": "gracetape shared tape 9", "tool": "gracetape 9"}).encode(), None)
    with pytest.raises(ArchiveError, match="newer gracetape"):
        pull(place, tmp_path / "got.tape")


@pytest.mark.parametrize("store", ["folder"], indirect=True)
def test_what_lies_in_a_store_by_halves_does_not_go_from_here(store: str, tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    with Archive.create(tape) as archive:
        keep(archive, "G1", FILES)
    for path in (tape / "blobs").glob("??/*"):
        half = Path(store, "blobs", path.parent.name)
        half.mkdir(parents=True)
        for name in (path.name, f"{path.name}.zst"):
            (half / name).write_bytes(path.read_bytes()[:2])
    assert use_store(tape, store) == len(FILES)
    shutil.rmtree(tmp_path / "cache" / "blobs", ignore_errors=True)
    assert sound(tape)


def test_what_a_store_alone_has_sound_is_moved_there(tmp_path: Path) -> None:
    tape, other = tmp_path / "a.tape", tmp_path / "b.tape"
    for path in (tape, other):
        with Archive.create(path) as archive:
            keep(archive, "G1", FILES)
    use_store(other, str(tmp_path / "store"))
    next((tape / "blobs").glob("??/*")).write_bytes(b"damaged")
    assert use_store(tape, str(tmp_path / "store")) == 0
    assert sound(tape)


def test_an_archive_is_no_store(tmp_path: Path) -> None:
    """Its own contents would go, since they are there already."""
    tape, other = tmp_path / "a.tape", tmp_path / "b.tape"
    for path in (tape, other):
        with Archive.create(path) as archive:
            keep(archive, "G1", FILES)
    (tmp_path / "link").symlink_to(tape)
    for place in (tape, other, tmp_path / "link", f"file:{tape}"):
        with pytest.raises(UsageError, match="is an archive, and no store"):
            use_store(tape, str(place))
    assert sound(tape)
    assert sound(other)


def test_a_store_beside_is_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = tmp_path / "a.tape"
    with Archive.create(tape) as archive:
        keep(archive, "G1", FILES)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    use_store(tape, "../store")
    assert (tape / "blobs.url").read_text() == f"{tmp_path / 'store'}\n"
    assert sound(tape)
    with pytest.raises(UsageError, match=r"without \.\."):
        use_store(tape, "s3://tapes/o4/../o3")


@pytest.mark.parametrize("end", ["..", "%2e%2e/o3", ".%2E/o3", "../o3", "x/../../o3", "..\\o3", "./o3"])
def test_no_url_leads_out_of_a_store(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACETAPE_STORES", "s3://tapes/o4 /data/store")
    assert not is_trusted(f"s3://tapes/o4/{end}")
    assert not is_trusted(f"/data/store/{end}")


def test_where_nothing_can_be_kept_contents_are_read_and_written(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tmp_path / "a.tape"
    use_store(tape, store)
    monkeypatch.setenv("GRACETAPE_STORES", store)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GRACETAPE_CACHE", str(tmp_path / "file"))
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", FILES)
        assert contents_of(archive, "G1") == FILES
    assert sound(tape)


def test_what_another_user_keeps_is_found_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = BlobCache(tmp_path / "cache", 1000)
    incoming = cache.incoming()
    incoming.write_bytes(b"x")
    cache.keep("aa", incoming)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError("it is another one's")

    monkeypatch.setattr(blob_cache.os, "utime", refused)
    found = cache.find("aa")
    assert found is not None
    assert found.read_bytes() == b"x"
    assert cache.find("bb") is None


def test_several_who_keep_contents_stay_below_the_size_together(tmp_path: Path) -> None:
    caches = [BlobCache(tmp_path / "cache", 3_000) for _ in range(8)]  # as so many processes have them
    for number in range(29):
        for which, cache in enumerate(caches):
            incoming = cache.incoming()
            incoming.write_bytes(b"x" * 100)
            cache.keep(f"{which}{number:02d}", incoming)
    assert sum(path.stat().st_size for path in (tmp_path / "cache").glob("*/*")) <= 4_500


def test_many_contents_go_to_a_store_at_once(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before their rows are kept, and while they wait they are there."""
    place, put = type(place_at(store)), type(place_at(store)).put
    others = threading.Barrier(4)

    def noted(self: Any, name: str, file: Path) -> None:
        others.wait(30)  # until four are on their way
        put(self, name, file)

    tape = tmp_path / "a.tape"
    use_store(tape, store)
    monkeypatch.setattr(place, "put", noted)
    with Archive.open(tape, read_only=False) as archive:
        with archive.transaction() as tx, together(archive.blobs):
            blobs = [tx.store_blob(iter([b"%d" % number])) for number in (1, 2, 3, 4, 1)]
            assert b"".join(plain(archive.blobs, blobs[0])) == b"1"
        monkeypatch.setattr(place, "put", _failing)
        with (
            pytest.raises(ArchiveError, match="the store is full"),
            archive.transaction() as tx,
            together(archive.blobs),
        ):
            lost = tx.store_blob(iter([b"lost"]))
        with pytest.raises(ArchiveError, match="does not hold them"):
            archive.blob(lost.sha256)
        assert list(archive.blobs.spool_folder().iterdir()) == []
    shutil.rmtree(tmp_path / "cache" / "blobs")
    assert sound(tape)


def _failing(*_: object) -> None:
    raise ArchiveError("the store is full")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (301, "PermanentRedirect", "another region: set AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", "AWS_REGION"),
        (403, "SignatureDoesNotMatch", r"refuses these credentials \(403\)"),
        (401, "Unauthorized", r"wants other credentials \(401\)"),
        (413, "EntityTooLarge", "it answered 413 Payload Too Large"),
    ],
)
def test_what_is_wrong_with_a_store_is_one_sentence(
    status: int, code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        keep(archive, "G1", FILES)
    with web_server() as web:
        body = f"<Error><Code>{code}</Code><Message>no</Message><AWSAccessKeyId>secretkey</AWSAccessKeyId></Error>"
        web.instead = lambda request: request.answer(status, body.encode() * (request.command != "HEAD")) or True
        for name, value in (
            ("AWS_ENDPOINT_URL", web.url), ("AWS_ACCESS_KEY_ID", "secretkey"), ("AWS_SECRET_ACCESS_KEY", "secretword"),
            ("AWS_REGION", "us-east-1"),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        for ask in (
            lambda: Archive.open("s3://tapes/a.tape"),
            lambda: pull(place_at("s3://tapes/a.tape"), tmp_path / "b.tape"),
        ):
            with pytest.raises(ArchiveError, match=said) as caught:
                ask()
            assert "secret" not in str(caught.value)


def test_plain_http_elsewhere_has_to_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("AWS_ENDPOINT_URL", "http://store.invalid"),
        ("AWS_ACCESS_KEY_ID", "k"),
        ("AWS_SECRET_ACCESS_KEY", "w"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ALLOW_HTTP", raising=False)
    with pytest.raises(ArchiveError, match="over HTTPS alone"):
        place_at("s3://tapes/a.tape").stamp("tape.json")


def test_what_a_store_lost_keeps_nothing_else_from_coming_back(store: str, tmp_path: Path, s3: Any) -> None:
    tape = tmp_path / "a.tape"
    use_store(tape, store)
    with Archive.open(tape, read_only=False) as archive:
        keep(archive, "G1", FILES)
    _lose(store, s3, hashlib.sha256(FILES[1]).hexdigest())
    shutil.rmtree(tmp_path / "cache" / "blobs")
    for _ in range(2):
        with pytest.raises(ArchiveError, match="are missing at .*, of G1 1.txt,0: all others are here now"):
            bring_back(tape)
    with Archive.open(tape, read_only=False) as archive:
        assert [len(list(local)) for local in [(tape / "blobs").glob("??/*")]] == [len(FILES) - 1]
        keep(archive, "G2", [FILES[1]])
    assert bring_back(tape) == 1, "whoever had it gave it again"
    assert sound(tape)


def _lose(store: str, s3: Any, sha256: str) -> None:
    if store.startswith("/"):
        Path(store, "blobs", sha256[:2], sha256).unlink()
    else:
        s3.delete_object(Bucket="tapes", Key=f"{store.removeprefix('s3://tapes/')}/blobs/{sha256[:2]}/{sha256}")
