"""Requests in nobody's name: no login is looked up, where `requests` would take one from .netrc by the host's name alone."""

import os

import requests
from requests.utils import get_environ_proxies


def nobody(session: requests.Session, url: str) -> None:
    """Let a session that asks only the server of `url` find no login; proxies and authorities that the environment names stay."""
    session.proxies.update(get_environ_proxies(url, no_proxy=None))
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.trust_env = False
