"""What to type to install what is missing, as gracetape itself was installed here."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit


def hint(extra: str) -> str:
    """`pip install 'gracetape[simulate]'`, or the same of the checkout that gracetape was installed from."""
    try:
        told = json.loads(distribution("gracetape").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        told = {}
    url = urlsplit(str(told.get("url", "")))
    if url.scheme == "file" and "dir_info" in told:
        editable = "-e " if told["dir_info"].get("editable") else ""
        return f"pip install {editable}'{unquote(url.path)}[{extra}]'"
    return f"pip install 'gracetape[{extra}]'"
