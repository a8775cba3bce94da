"""The photo of a person as a field of a form: looked at by the child process before anything is stored."""

from django import forms
from django.core.exceptions import ValidationError

from federation.shared.scans import MAX_BYTES, Scan, ScanRefused, read_scan
from ledgers.attachments import PHOTO_SIDE

_MEGABYTE = 1024 * 1024


class PhotoField(forms.FileField):
    """Gives the Scan of the photo, or None. static/js/photo.js makes it small on the device first."""

    widget = forms.FileInput

    def __init__(self, **kwargs):
        kwargs = {
            "label": "本人照片",
            "required": False,
            "help_text": f"JPG 或 PNG，不超过 {MAX_BYTES // _MEGABYTE} MB，会自动缩小、转正。"
            "没有的以后再传；草稿里不存照片。",
        } | kwargs
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        more = {"accept": "image/jpeg,image/png,image/webp", "data-photo": "", "data-largest": str(MAX_BYTES)}
        return super().widget_attrs(widget) | more

    def clean(self, data, initial=None) -> Scan | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        # A form that is drawn and judged twice in one request asks the child process once.
        if not isinstance(getattr(upload, "read_as", None), Scan):
            try:
                upload.read_as = read_scan(upload, longest_side=PHOTO_SIDE, takes_pdf=False)
            except ScanRefused as refusal:
                raise ValidationError(f"照片没有收下：{refusal}", code="photo") from refusal
        return upload.read_as
