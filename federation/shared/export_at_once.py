"""A list that names nobody, as a file at once: written, logged with its digest, and only then sent."""

import hashlib
import tempfile

from django.http import FileResponse, QueryDict
from django.utils import timezone

from federation.shared import audit
from federation.shared.export_files import FORMATS
from federation.shared.export_kinds import ExportKind
from federation.shared.exports import filter_facts, write_sheet
from federation.shared.masking import mask_free_text

GIVEN = "exports.given"
KEPT_IN_MEMORY = 1024 * 1024


def give_at_once(*, kind: ExportKind, by, area, criteria: QueryDict, file_format: str, preset: str) -> FileResponse:
    columns = kind.chosen_columns(preset)
    sheet = kind.sheet(kind.rows(by, area, criteria), columns, False)
    now = timezone.localtime()
    words = kind.words(by, criteria, True)
    sheet.above = (kind.label, f"条件：{mask_free_text(words)}")
    file = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_sheet(file, sheet, file_format, watermark=f"{by}　{by.home_organisation or ''}　{now:%Y-%m-%d %H:%M}")
    size = file.tell()
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    facts = {"kind": kind.name, "format": file_format, "rows": sheet.written, "size": size, "sha256": digest}
    audit.record(
        GIVEN, actor=by, organisation=area, details=facts | filter_facts(kind, by, criteria) | {"columns": len(columns)}
    )
    response = FileResponse(
        file, as_attachment=True, filename=f"{kind.label}-{now:%Y%m%d}.{file_format}", content_type=FORMATS[file_format]
    )
    response["Content-Length"] = size
    response["Cache-Control"] = "no-store"
    return response
