"""LIGO_LW XML without its library, which is loaded when such a file is at hand."""


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """A LIGO_LW document with the times of its tables and series moved; None if it is none."""
    if b"LIGO_LW" not in contents[:4096]:
        return None
    from gracetape.pipelines.formats.ligolw_times import moved_document

    return moved_document(contents, shift_s)
