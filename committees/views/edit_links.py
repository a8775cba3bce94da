"""Lists whose rows are changed on a page of their own: who may change a row gets the link."""

from django.urls import reverse

from federation.shared.tables import Column


def link_editing(rows, user, url_name: str):
    """Attach `edit_url` to each row: the page that changes it, or "" for whoever may not; one query."""
    if not rows:
        return
    model = type(rows[0])
    mine = model.objects.visible_to(user, model.edit_permission).filter(pk__in=[row.pk for row in rows])
    editable = set(mine.values_list("pk", flat=True))
    for row in rows:
        row.edit_url = reverse(url_name, args=[row.pk]) if row.pk in editable else ""


def edit_column() -> Column:
    return Column("use", "办理", value=lambda row: "修改" if row.edit_url else "", link=lambda row: row.edit_url)
