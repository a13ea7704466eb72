"""A page to look at: an archive's objects and the story of each, served on loopback or written into one file."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.view.film import (
        film_of as film_of,
    )
    from gracetape.view.one_file import (
        page_of as page_of,
    )
    from gracetape.view.page_app import (
        make_page as make_page,
    )
    from gracetape.view.serving import (
        serve_page as serve_page,
    )

__getattr__, __dir__ = public_names(__name__)
