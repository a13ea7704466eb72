"""The short form of `make torture`: each kind of trouble once or twice."""

from tests import commands


def test_nothing_that_was_acknowledged_is_lost_whatever_is_killed_or_fails() -> None:
    done = commands.run(
        ["python", "-m", "tests.torture", "--seed", "7", "--minutes", "0.2"], capture_output=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
