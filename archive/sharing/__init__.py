"""Tapes that lie elsewhere: shared through a folder, a web server or an object store. Of the archive, this part alone knows the network."""
