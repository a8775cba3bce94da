"""A photo or scan as a field of a form: looked at by the child process before anything is stored."""

from django import forms
from django.core.exceptions import ValidationError

from federation.shared.scans import MAX_BYTES, Scan, ScanRefused, read_scan

LIMIT = f"不超过 {MAX_BYTES // (1024 * 1024)} MB"
PICTURES = "image/jpeg,image/png,image/webp"
# The longest side of what is kept, in pixels.
PHOTO_SIDE = 600
SCAN_SIDE = 2000


class ScanField(forms.FileField):
    """Gives the Scan of an upload, or None. static/js/photo.js makes pictures small on the device first."""

    widget = forms.FileInput

    def __init__(self, *, what: str, is_photo: bool, **kwargs):
        self.what, self.is_photo = what, is_photo
        super().__init__(**{"required": False} | kwargs)

    def widget_attrs(self, widget):
        accept = PICTURES if self.is_photo else f"{PICTURES},application/pdf"
        more = {"accept": accept, "data-photo": "" if self.is_photo else "scan", "data-largest": str(MAX_BYTES)}
        return super().widget_attrs(widget) | more

    def clean(self, data, initial=None) -> Scan | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        # A form that is drawn and judged twice in one request asks the child process once.
        if not isinstance(getattr(upload, "read_as", None), Scan):
            try:
                side = PHOTO_SIDE if self.is_photo else SCAN_SIDE
                upload.read_as = read_scan(upload, longest_side=side, takes_pdf=not self.is_photo)
            except ScanRefused as refusal:
                raise ValidationError(f"{self.what}没有收下：{refusal}", code="photo") from refusal
        return upload.read_as
