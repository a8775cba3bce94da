"""The table role × permission, drawn from federation.roles: what is shown is what is enforced."""

from django.shortcuts import render

from federation.roles import PERMISSIONS, Role, permissions_of
from federation.shared.permissions import LOGGED_IN, requires
from federation.shared.tables import Column, Table
from federation.shared.templatetags.ui import mark


def _cell(role):
    def value(permission):
        may = permission in permissions_of(role)
        return mark("yes" if may else "no", text="可以" if may else "不可以")

    return value


@requires(LOGGED_IN)
def role_table(request):
    columns = [Column("permission", "可办的事", value=lambda permission: PERMISSIONS[permission])]
    columns += [Column(role.value, role.label, value=_cell(role)) for role in Role]
    table = Table("每种角色可以办的事", columns, list(PERMISSIONS), request=request)
    context = {"title": "角色和权限一览", "table": table, "breadcrumbs": []}
    context["lead"] = "每个账号只能看到和办理自己机构及下级机构的事。一个账号可以有几个角色，所办的事合在一起计算。"
    return render(request, "generic/list.html", context)
