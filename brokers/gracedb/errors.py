"""What a client of a GraceDB refuses, each as one sentence; kinds of what `requests` raises, so that every caller knows them."""

import requests


class Refused(requests.exceptions.RequestException):
    """The server's answer is not taken, or what it points to is not asked for. Asking again would not help."""


class TooSlow(requests.exceptions.Timeout):
    """An answer took too long altogether."""


class Stopped(requests.exceptions.RequestException):
    """The client was told to stop."""
