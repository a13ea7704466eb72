"""What all tests share."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C work where the tests were started with it ignored, as shells do in the background: children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
