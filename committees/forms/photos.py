"""A photo to be kept with a worker, or taken away."""

from django import forms

from federation.shared.forms import HouseModelForm
from federation.shared.scan_field import LIMIT, ScanField
from orgs.models import Worker


class PhotoForm(HouseModelForm):
    photo = ScanField(
        what="照片", is_photo=True, label="本人照片", help_text=f"JPG 或 PNG，{LIMIT}，会自动缩小、转正、去掉拍摄地点"
    )  # fmt: skip
    remove = forms.BooleanField(label="删除现在的照片", required=False)

    class Meta:
        model = Worker
        fields: list[str] = []

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.photo_path:
            del self.fields["remove"]

    def clean(self):
        values = super().clean()
        values.setdefault("remove", False)
        if not self.errors and not values.get("photo") and not values["remove"]:
            self.add_error("photo", "请选择照片。")
        if values.get("photo") and values["remove"]:
            self.add_error("remove", "选了新照片就会换掉现在的，不用勾选。")
        return values
