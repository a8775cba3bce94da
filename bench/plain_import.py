"""The default: django-import-export's ModelResource as its manual shows it, on a plain model without sealing.

Plain text in place of sealed columns makes the default cheaper than it would be, never dearer.
"""

import tablib
from django.db import connection, models
from import_export import fields, resources, widgets
from openpyxl import load_workbook

from orgs.models import Level, Organisation
from orgs.naming import place_name


class PlainPerson(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=50, db_index=True)
    id_number = models.CharField(max_length=18, unique=True)
    sex = models.CharField(max_length=10)
    ethnicity = models.CharField(max_length=20)
    born_on = models.DateField(null=True)
    phone = models.CharField(max_length=30)
    certificate_number = models.CharField(max_length=23, db_index=True)
    category = models.CharField(max_length=10)
    grade = models.CharField(max_length=10)
    cause = models.CharField(max_length=50)
    register_type = models.CharField(max_length=10)
    current_address = models.CharField(max_length=200)
    guardian_name = models.CharField(max_length=50)
    guardian_relation = models.CharField(max_length=20)
    guardian_phone = models.CharField(max_length=30)
    marital_status = models.CharField(max_length=10)
    education = models.CharField(max_length=20)
    dibao = models.CharField(max_length=20)
    employment = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        # An installed app's label: import-export asks the registry for it.
        app_label = "ledgers"
        db_table = "bench_plain_person"

    def __str__(self):
        return self.name


HEADINGS = {
    "name": "姓名", "id_number": "身份证号", "sex": "性别", "ethnicity": "民族", "born_on": "出生日期",
    "phone": "联系电话", "certificate_number": "残疾人证号", "category": "残疾类别", "grade": "残疾等级",
    "cause": "致残原因", "register_type": "户口类型", "current_address": "现住址", "guardian_name": "监护人或联系人",
    "guardian_relation": "与本人关系", "guardian_phone": "监护人电话", "marital_status": "婚姻状况",
    "education": "文化程度", "dibao": "低保", "employment": "就业形式",
}  # fmt: skip


class VillageWidget(widgets.ForeignKeyWidget):
    """The body by township and village: the township is asked by a join, as one would write it first."""

    def clean(self, value, row=None, **kwargs):
        return super().clean(place_name(Level.VILLAGE, value), row=row, **kwargs)

    def get_queryset(self, value, row, *args, **kwargs):
        town = place_name(Level.TOWNSHIP, row["乡镇"])
        towns = Organisation.objects.filter(short_name=town).values_list("path", flat=True)
        town = towns.first() or "0"
        return Organisation.objects.filter(path__startswith=town)


class PlainResource(resources.ModelResource):
    organisation = fields.Field("organisation", "村（社区）", widget=VillageWidget(Organisation, "short_name"))

    class Meta:
        model = PlainPerson
        import_id_fields = ("id_number",)
        fields = ("organisation", *HEADINGS)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        for name, heading in HEADINGS.items():
            self.fields[name].column_name = heading


def import_plainly(path, most: int) -> int:
    """Read the workbook and import its first `most` rows by the default; gives the number of rows."""
    with connection.schema_editor() as editor:
        editor.create_model(PlainPerson)
    try:
        sheet = load_workbook(path, read_only=True).worksheets[0]
        rows = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
        start = next(number for number, row in enumerate(rows) if row[0] == "姓名")
        data = tablib.Dataset(*rows[start + 1 : start + 1 + most], headers=rows[start])
        result = PlainResource().import_data(data, raise_errors=True)
        return result.totals["new"]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(PlainPerson)
