"""Pipelines whose uploads the server takes nothing from."""

from gracetape.pipelines.pipeline import Pipeline

PIPELINES = tuple(Pipeline(name) for name in ("X", "Ringdown", "Omega", "GWAK"))
