"""What somebody chooses when sending a workbook."""

from django import forms
from django.conf import settings

from federation.shared.forms import HouseForm
from federation.shared.models.rosters import RosterImport
from federation.shared.rosters.registry import rosters_for


def writable_bodies(user):
    """The bodies at which `user` may import: those where a role grants it, not everything below them."""
    bodies = RosterImport._meta.get_field("organisation").related_model
    paths = [scope.path for scope in user.scopes("rosters.import")]
    return bodies.objects.visible_to(user, "rosters.import").filter(path__in=paths)


class RosterUploadForm(HouseForm):
    kind = forms.ChoiceField(label="名册种类", widget=forms.RadioSelect)
    organisation = forms.ModelChoiceField(label="为哪个机构导入", queryset=None, empty_label=None)
    file = forms.FileField(
        label="名册文件",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"empty": "文件是空的（0 字节）。请重新保存后上传。", "required": "请选择要上传的文件。"},
    )
    mode = forms.ChoiceField(
        label="写入方式",
        choices=RosterImport.Mode.choices,
        initial=RosterImport.Mode.ALL_OR_NOTHING,
        widget=forms.RadioSelect,
        help_text=(
            "不确定时选“全部正确才写入”：有一行不对就都不写，改好后重新上传。"
            "选“只写入正确的行”：有错误的行留在错误表里，其余的写入。检查以后看了结果还可以改。"
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rosters = rosters_for(self.user)
        self.fields["kind"].choices = [(roster.kind, roster.title) for roster in rosters]
        self.fields["kind"].initial = "persons"
        bodies = writable_bodies(self.user)
        self.fields["organisation"].queryset = bodies
        megabytes = settings.ROSTER_MAX_BYTES // (1024 * 1024)
        self.fields["file"].help_text = (
            f".xlsx、.xls 或 .csv，不超过 {megabytes} MB、{settings.ROSTER_MAX_ROWS // 10000} 万行。"
            "列的次序不限，表头要认得出；.csv 用 WPS 或 Excel 另存的就行。建议用本页的模板填写。"
        )
        self.fields["organisation"].initial = bodies.first()

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.ROSTER_MAX_BYTES:
            megabytes = settings.ROSTER_MAX_BYTES // (1024 * 1024)
            raise forms.ValidationError(f"文件超过 {megabytes} MB。请删去图片和多余的表，或按乡镇分成几个文件上传。")
        return file


class TakeInForm(HouseForm):
    """What happens to people of the file who are registered at another body of the importer's own area."""

    take_in = forms.BooleanField(required=False)

    def __init__(self, *args, within: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["take_in"].label = f"同时转入本范围内的人（{within:,} 人）"
        self.fields["take_in"].help_text = (
            f"名册里有 {within:,} 人在您负责的别的村（社区）登记。勾选：写入时把他们转到名册写明的村（社区），"
            "留下转移记录。不勾选：他们不动，以后还可以申请转入。"
        )
