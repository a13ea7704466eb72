"""The form of an igwn-alert message on the wire: a Kafka record packed by hop-client whose content is the text.

GraceDB hands igwn-alert a text, which hop packs as a JSON string: the value is JSON inside JSON, the header `_format` says so.
"""

import json
import os
from itertools import count
from typing import Any

import orjson

from gracetape.bounded_json import read_fast
from gracetape.brokers.urls import BrokerUrl
from gracetape.errors import BadUrl
from gracetape.notices import AVRO, from_avro
from gracetape.topics import is_public

Headers = list[tuple[str, str | bytes | None]]


class Packer:
    """Makes records as hop's own producer does: the headers `_id` (16 bytes, unlike any other's), `_sender` and `_format`.

    A notice for the public goes as gwcelery sends it, JSON or Avro by itself; a VOEvent as GCN does, without any header.
    """

    def __init__(self, user: str | None = None) -> None:
        self._mine, self._numbers = os.urandom(8), count(int.from_bytes(os.urandom(7), "big"))
        self._sender: Headers = [("_sender", user)] if user else []
        self._headers: Headers = [*self._sender, ("_format", "json")]

    def __call__(self, text: str) -> tuple[bytes, Headers]:
        """Value and headers for a text."""
        return _packed(text), [("_id", self._id()), *self._headers]

    def bare(self, content: str | bytes) -> tuple[bytes, Headers]:
        """Value and headers for a notice, or a VOEvent."""
        value = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        if value.startswith(b"<"):
            return value, []
        form = "avro" if value.startswith(AVRO) else "json"
        return value, [("_id", self._id()), *self._sender, ("_format", form)]

    def _id(self) -> bytes:
        return self._mine + next(self._numbers).to_bytes(8, "big")


def _packed(text: str) -> bytes:
    """A text as a JSON string, byte for byte as hop packs it; nearly all texts are ASCII (without DEL), which orjson does faster."""
    return orjson.dumps(text) if text.isascii() and "\x7f" not in text else json.dumps(text).encode()


def text_of(value: bytes | None) -> str:
    """The text in a record's value; a value that is not packed as igwn-alert does is given as it is, a notice in Avro as JSON."""
    value = value or b""
    if value.startswith(b'"'):
        try:
            return str(read_fast(value))
        except ValueError:  # no text of JSON, or none in UTF-8
            return _unpacked(value.decode(errors="replace"))
    if value.startswith(AVRO):
        try:
            return json.dumps(from_avro(value))
        except ValueError:
            pass
    return value.decode(errors="replace")


def _unpacked(raw: str) -> str:
    """The text in a JSON string; what is none is given as it is."""
    try:
        return str(read_fast(raw))
    except ValueError:
        return raw


def marks_of(headers: Any) -> tuple[bytes | None, bool]:
    """The id that hop gives each message (one that is sent again keeps it), and whether ordinary listeners leave it out as a test."""
    id_, test = None, False
    for name, value in headers or ():
        if name == "_id":
            id_ = value
        elif name == "_test":
            test = True
    return id_, test


def topic_of(url: BrokerUrl, node: str) -> str:
    """`GROUP.topic` on the broker for a node; the name of a public topic is whole."""
    named = f"{url.options.get('prefix', '')}{node}"
    return named if is_public(node) else f"{url.path}.{named}"


def node_of(url: BrokerUrl, node: str) -> str:
    """A node by the name that it has here: a public topic's is whole, also where the URL's group is a part of it."""
    whole = f"{url.path}.{node}"
    return whole if is_public(whole) else node


def check_group(url: BrokerUrl) -> None:
    """BadUrl unless the URL names a group, of which every topic's name begins."""
    if not url.path or "/" in url.path:
        raise BadUrl(f"{url} needs a group, of which every topic's name begins: write {url}/gracedb-test")
