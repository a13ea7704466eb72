"""The environments of clients: a venv each, below `.clients/`, with what the table pins; made once, and anew when the table changes."""

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".clients"


class NoEnvironment(Exception):
    """A client's packages cannot be installed here; `str()` says why in one sentence."""


@dataclass(frozen=True)
class Client:
    """One row of `clients.toml`."""

    name: str
    title: str
    #: What its version is the version of.
    package: str
    #: What pip installs, pinned.
    requires: tuple[str, ...]
    #: Options of `gracetape dummy run`.
    options: tuple[str, ...] = ()
    #: The igwn-alert group on which the dummy's alerts come; none: no broker.
    group: str = ""

    @property
    def steps(self) -> Path:
        """The file that drives it."""
        return HERE / f"{self.name}.py"

    @property
    def python(self) -> Path:
        """The Python of its environment."""
        return FOLDER / self.name / "bin" / "python"

    @property
    def version(self) -> str:
        """Of the package, as the table pins it."""
        pinned = dict(requirement.split("==") for requirement in self.requires if "==" in requirement)
        return {name.partition("[")[0]: version for name, version in pinned.items()}[self.package]  # without extras


def all_clients() -> dict[str, Client]:
    """The table, by name."""
    table = tomllib.loads((HERE / "clients.toml").read_text(encoding="utf-8"))
    return {
        name: Client(
            name,
            row["title"],
            row["package"],
            tuple(row["requires"]),
            tuple(row.get("options", ())),
            row.get("group", ""),
        )
        for name, row in table.items()
    }


def make_environment(client: Client) -> None:
    """Install what the client requires, unless that is there already. Raises NoEnvironment."""
    home = FOLDER / client.name
    done, wanted = home / "requires.txt", "\n".join(client.requires)
    if done.exists() and done.read_text() == wanted:
        return
    print(f"{client.name}: installing {', '.join(client.requires)}", flush=True)
    _call([sys.executable, "-m", "venv", "--clear", str(home)])
    _call([str(client.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *client.requires])
    done.write_text(wanted)


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.startswith("ERROR")] or ["pip gave no reason"]
        raise NoEnvironment(f"{' '.join(command[-3:])}: {said[-1]}")
