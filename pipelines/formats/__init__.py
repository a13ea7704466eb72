"""Formats that several pipelines write: LIGO_LW XML, JSON, VOEvent XML, and numbers in texts."""
