"""Files in forms: what may be chosen and how large, said before choosing, while choosing and in the refusal."""

from pathlib import PurePath

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat

MEGABYTE = 1024 * 1024


class SizedFileField(forms.FileField):
    """`SizedFileField(label="照片", megabytes=5, endings=(".jpg", ".png"))`: its hint says both limits.

    An ending is no proof of what a file holds: whoever opens the file checks that.
    """

    def __init__(self, *, megabytes: int, endings: tuple[str, ...] = (), **kwargs):
        self.megabytes = megabytes
        self.endings = endings
        limit = f"{'、'.join(endings)}，" if endings else ""
        kwargs["help_text"] = f"{kwargs.get('help_text', '')}{limit}不超过 {megabytes} MB"
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        attrs = super().widget_attrs(widget) | {"data-largest": str(self.megabytes * MEGABYTE)}
        return attrs | ({"accept": ",".join(self.endings)} if self.endings else {})

    def to_python(self, data):
        file = super().to_python(data)
        if file is None:
            return None
        if file.size > self.megabytes * MEGABYTE:
            raise ValidationError(
                f"文件有 {filesizeformat(file.size)}，超过 {self.megabytes} MB。请缩小后重新选择，例如把照片调小再存。",
                code="too_large",
            )
        if self.endings and PurePath(file.name).suffix.lower() not in self.endings:
            raise ValidationError(f"这种文件不能上传，请选择 {'、'.join(self.endings)} 文件。", code="ending")
        return file
