"""The form of an igwn-alert message on the wire: a Kafka record packed by hop-client whose content is the text.

GraceDB hands igwn-alert a text, which hop packs as a JSON string: the value is JSON inside JSON, the header `_format` says so.
"""

import json
from typing import Any

from hop.io import Producer

from brokers.errors import BadUrl
from brokers.urls import BrokerUrl

Headers = list[tuple[str, str | bytes | None]]


def pack(text: str, user: str | None = None) -> tuple[bytes, Headers]:
    """Value and headers of a record, as hop's own producer makes them."""
    value, headers = Producer.pack(text, headers=[("_sender", user.encode())] if user else None)
    return value, headers


def text_of(value: bytes | None) -> str:
    """The text in a record's value; a value that is not packed as igwn-alert does is given as it is."""
    raw = (value or b"").decode(errors="replace")
    if raw.startswith('"'):
        try:
            content = json.loads(raw)
        except ValueError:
            return raw
        return str(content)
    return raw


def is_test(headers: Any) -> bool:
    """Whether hop marked a record as one that ordinary listeners leave out."""
    return any(name == "_test" for name, _ in headers or ())


def id_of(headers: Any) -> bytes | None:
    """The id that hop gives each message; one that is sent again keeps it."""
    return next((value for name, value in headers or () if name == "_id"), None)


def topic_of(url: BrokerUrl, node: str) -> str:
    """`GROUP.topic` on the broker for a node."""
    return f"{url.path}.{url.options.get('prefix', '')}{node}"


def check_group(url: BrokerUrl) -> None:
    """BadUrl unless the URL names a group, of which every topic's name begins."""
    if not url.path or "/" in url.path:
        raise BadUrl(f"{url} needs a group, of which every topic's name begins: write {url}/gracedb-test")
