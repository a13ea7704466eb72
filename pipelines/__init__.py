"""The pipelines, one file each: groups and searches, reading an upload, columns for queries, times in its files, making one up."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.pipelines.pipeline import (
        Attributes as Attributes,
        Pipeline as Pipeline,
    )
    from gracetape.pipelines.retime import (
        retimed as retimed,
    )
    from gracetape.pipelines.table import (
        add_pipeline as add_pipeline,
        pipeline_of as pipeline_of,
        pipelines as pipelines,
    )
    from gracetape.pipelines.trigger import (
        Trigger as Trigger,
    )
    from gracetape.pipelines.uploaded_event import (
        UploadedEvent as UploadedEvent,
        UploadError as UploadError,
    )
    from gracetape.pipelines.uploads import (
        is_read as is_read,
        read_upload as read_upload,
    )

__getattr__, __dir__ = public_names(__name__)
