"""The types of VOEvents: their codes, their names in requests, in files and in the XML, and their packets at GCN."""

from dataclasses import dataclass

from gracetape.topics import LVC_PACKETS


@dataclass(frozen=True)
class VOEventType:
    """A type: its `code` in records, its `name` in requests, its `title` in file names (`S1-1-EarlyWarning.xml`) and the XML.

    `packet` is that of GCN's notice types; `cited` is what a document says beside its citations of those before it.
    """

    code: str
    name: str
    title: str
    packet: int
    cited: str

    @property
    def packet_name(self) -> str:
        """GCN's name of the packet: `LVC_PRELIMINARY`."""
        return LVC_PACKETS[self.packet]

    @property
    def notice(self) -> str:
        """What a notice calls it: `EARLYWARNING`."""
        return self.name.upper()


#: By code, in the server's order.
VOEVENT_TYPES = {
    row.code: row
    for row in (
        VOEventType("PR", "preliminary", "Preliminary", 150, "Initial localization is now available (preliminary)"),
        VOEventType("IN", "initial", "Initial", 151, "Initial localization is now available"),
        VOEventType("UP", "update", "Update", 152, "Updated localization is now available"),
        VOEventType("RE", "retraction", "Retraction", 164, "Determined to not be a viable GW event candidate"),
        VOEventType("EW", "earlywarning", "EarlyWarning", 163, "Early warning localization is now available"),
    )
}  # fmt: skip


def voevent_type_of(filename: str) -> str | None:
    """The code of the type that a VOEvent's file name tells of; None if it tells of none."""
    return next((row.code for row in VOEVENT_TYPES.values() if filename.endswith(f"-{row.title}.xml")), None)
