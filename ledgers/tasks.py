"""Background work of the ledgers, and what of theirs is kept sealed as a whole."""

from federation.shared.jobs import register
from federation.shared.rotation import register_blobs
from ledgers.attachments import reseal_attachments
from ledgers.documents import village_forms

register_blobs("残疾人的照片和扫描件", reseal_attachments)
register(village_forms.PRINTING.kind())
