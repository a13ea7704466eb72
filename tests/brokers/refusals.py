"""How a broker that lets nobody in, or is not trusted, is told of."""

import subprocess
import sys
from pathlib import Path

import pytest

from gracetape.brokers import BrokerError, open_publisher

CAPTURE = Path(sys.executable).with_name("capture")


def refused(url: str) -> str:
    """The one sentence with which the command gives up; publishing says the same."""
    done = subprocess.run(
        [CAPTURE, "listen", url, "-n", "superevent", "-q"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    with pytest.raises(BrokerError) as caught:
        open_publisher(url)
    assert str(caught.value) in done.stderr
    return str(caught.value)
