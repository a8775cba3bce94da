"""One account for every role of the demonstration county; the password is printed and belongs to a demonstration."""

from datetime import date

from accounts.models import Assignment, User
from federation.demo import PASSWORD
from federation.roles import Role
from orgs.models import Organisation

# user name, name, role, and where: a code, or the category of an association of the county.
CAST = [
    ("clerk", "赵敏", Role.COUNTY_CLERK, "620422000000"),
    ("checker", "吴静", Role.COUNTY_CLERK, "620422000000"),
    ("leader", "钱立", Role.COUNTY_LEADER, "620422000000"),
    ("director", "孙强", Role.TOWNSHIP_DIRECTOR, "620422100000"),
    ("township", "李芳", Role.TOWNSHIP_MEMBER, "620422100000"),
    ("village", "周梅", Role.VILLAGE_MEMBER, "620422100200"),
    ("officer", "王宁", Role.ASSOCIATION_OFFICER, "association:4"),
    ("city", "何川", Role.UPPER_VIEWER, "620400000000"),
    ("viewer", "冯远", Role.UPPER_VIEWER, "620000000000"),
    ("province", "卫东", Role.UPPER_VIEWER, "620000000000"),
    ("administrator", "陈静", Role.ADMINISTRATOR, "620422000000"),
    ("auditor", "褚平", Role.AUDITOR, "620422000000"),
]
# Why a role has a second account.
NOTES = {
    "checker": "（复核补贴，制单、复核、审批是三个人）",
    "city": "（市一级，对推荐签意见）",
    "province": "（同意 viewer 申请的下载，超过 1,000 行的要两个人）",
}


def place(county: Organisation, where: str) -> Organisation:
    if where.startswith("association:"):
        return Organisation.objects.get(federation=county, association_category=where.split(":")[1])
    return Organisation.objects.filter(code=where, federation__isnull=True).order_by("level").get()


def create_accounts(county: Organisation, since: date):
    for username, name, role, where in CAST:
        user = User.objects.create_user(username, password=PASSWORD, display_name=name)
        Assignment.objects.create(user=user, role=role, organisation=place(county, where), since=since)


def account_lines() -> list[str]:
    lines = [f"演示账号（密码都是 {PASSWORD}）："]
    lines += [f"  {username:<14}{Role(role).label}{NOTES.get(username, '')}" for username, _, role, _ in CAST]
    return lines
