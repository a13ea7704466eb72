"""The library that the page brings along: each file of it with its version and checksum, in the order in which they load."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vendored:
    """A file of `page/vendor/`, as the package of that name and version on npm has it in `dist/`; SHA-256 in hex."""

    package: str
    version: str
    sha256: str
    licence: str = "ISC"
    terms: str = "LICENSE.d3.txt"

    @property
    def name(self) -> str:
        return f"{self.package}.min.js"


VENDORED: tuple[Vendored, ...] = (
    Vendored("d3-array", "3.2.5", "468f7b9ed38d6322083da4d5ae9fa57d47784f964f16dcff96e413d16cc8f9d9"),
    Vendored("d3-color", "3.1.1", "41ebabc615acf63e5af87a1d565f16c3ce73f00c1394772a624780f7c6c7244b"),
    Vendored("d3-dispatch", "3.0.2", "5afe071dad74c14cd580f540c9ec85b0755eed78b7f9ed3e9f63b989fc41aa4b"),
    Vendored("d3-drag", "3.0.1", "da7f489ebae8418e53759d2df5e9327eb9bedcdb4aa93feb065beda31f085232"),
    Vendored(
        "d3-ease",
        "3.0.2",
        "1c6cf6a8e676624967a8d193ccea2cca605b63d33d922b2e11205e4b331ec478",
        "BSD-3-Clause",
        "LICENSE.d3-ease.txt",
    ),
    Vendored("d3-format", "3.1.3", "1322666da5c4c006a4ea248d7f03afc861fbfb4b1692ee695e4192b76328dceb"),
    Vendored("d3-interpolate", "3.0.2", "09b66887d084b49bf14c93867522e366ce846bee53b9f632c1c3a5e2b00f891a"),
    Vendored("d3-time", "3.1.1", "0ca660b9dedd9ff16964146d792f2204927f8e72d6933a46199b41929cb539cc"),
    Vendored("d3-time-format", "4.1.1", "93b3b6ff5438723409c6540ae7abe4ab975be11e7d3a78f0b7c0bf28491f7145"),
    Vendored("d3-timer", "3.0.2", "f6b80ed73b21d01658db60d1c04adb88adc70f885346ae07d59ed69ba0348849"),
    Vendored("d3-scale", "4.0.3", "d76988731b337e1fdd130912f4e8363b3d7895d83f0b7685c86d87ece50712e9"),
    Vendored("d3-selection", "3.0.1", "1dcd563b613b841dbe5a536df5289b0ac64c233a21bc1e954651cbe2a4809877"),
    Vendored("d3-transition", "3.0.2", "85f3b76042e41fa517fb03e931d62ea5c7066a435d55ac605288cc6675f2a250"),
    Vendored("d3-zoom", "3.0.1", "5fcc9d4b4c14da3de574a0638c938ccfb8771a97e1b666be2d327170e7cdbdc3"),
)
