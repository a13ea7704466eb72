"""JSON text of records, in the compact form that GraceDB's own API renders."""

import json
from typing import Any


def encode(value: Any) -> str:
    """Compact JSON, keys in their order, characters as they are; a lone surrogate falls back to escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text
