"""A folder for PYTHONPATH: a Python process that finds it there obeys GRACETAPE_DUMMY, though its code knows nothing of it."""
