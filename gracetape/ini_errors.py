"""What is wrong with an INI file, in words of its own lines and not of the library that reads it."""

import configparser


def ini_error(error: configparser.Error) -> str:
    """A sentence without the file's name: which line or section, and what it should be."""
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno} stands before the first section: begin with a line like [NAME]"
    if isinstance(error, configparser.ParsingError):
        line = error.errors[0][0]
        return f"line {line} is not understood: lines are [SECTION], or NAME = VALUE"
    if isinstance(error, configparser.InterpolationError):
        return f"section [{error.section}]: {error.option}: a % that means itself is written %%"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {error.lineno}: there is a section [{error.section}] already"
    if isinstance(error, configparser.DuplicateOptionError):
        return f"line {error.lineno}: section [{error.section}] says {error.option} already"
    return " ".join(str(error).split())
