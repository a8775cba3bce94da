"""The roster of accounts: a row is somebody who logs in, with one role at one body.

Accounts come without a password. Whoever imported them hands first passwords out afterwards (accounts.first_passwords),
so that no password ever lies in a file or in a job.
"""

import copy
import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import services
from accounts.imported import undo_accounts
from accounts.models import Assignment, User
from accounts.roster_places import AccountPlaces
from federation.roles import ROLE_PLACES, Role
from federation.shared import normalise
from federation.shared.normalise import Dictionary, NotNormal
from federation.shared.rosters import RosterColumn, register
from federation.shared.rosters.resource import PreviewOutdated, RosterResource
from federation.shared.rosters.table import CHANGED, NEW, UNCHANGED, find_doubles
from federation.shared.sealed_blobs import blind_indexes
from federation.shared.templatetags.ui import cn_date
from orgs.models import Tenure

ROLE = Dictionary(
    Role.choices,
    {
        "village_member": ["村专职委员", "社区专职委员", "村（社区）委员"],
        "township_director": ["乡镇理事长", "街道理事长", "理事长"],
        "township_member": ["乡镇专职委员", "街道专职委员"],
        "county_clerk": ["县残联经办人", "经办"],
        "county_leader": ["县残联理事长"],
        "association_officer": ["协会工作人员"],
        "upper_viewer": ["查阅"],
        "administrator": ["管理员"],
        "auditor": ["审计"],
    },
)
NOT_THERE = "“{role}”不能设在{place}。请核对角色和机构的级别。"
ENDED = "这个角色已于 {day}结束。要继续担任，请填写新的有效期；不再担任，请删去这一行。"
PAST = "有效期已过。请填今天或以后的日期，一直有效的不填。"
GONE = "这个机构已不在您管理的范围内。请核对。"
NOBODY = "这个机构没有身份证号与此相同的在任工作人员。请核对号码，或先登记任职；不对应工作人员的不填。"
OTHER_NAME = "与身份证号对应的工作人员姓名不一致。请核对姓名和号码。"


def username(text: str) -> str:
    """An account's name as it is kept. Raises NotNormal."""
    written = normalise.text(text).lower()
    if written and not services.USERNAME.fullmatch(written):
        raise NotNormal(services.USERNAME_RULE)
    return written


@register
class AccountRoster(RosterResource):
    kind = "accounts"
    title = "账号名册"
    position = 2
    permission = "accounts.manage"
    goes_on = ("first-passwords", "发初始密码")
    in_blocks = False
    description = "一人一行：账号、姓名、机构、角色。按账号对应；写入以后再发初始密码。"
    columns = (
        RosterColumn("username", "账号", clean=username, synonyms=("用户名", "登录名"), required=True, width=18,
                     example="huishi.wang", max_length=30, help="3 到 30 个小写字母、数字或 . _ -，以字母开头"),
        RosterColumn("display_name", "姓名", clean=normalise.name, synonyms=("名字",), required=True, example="王芳",
                     width=10, max_length=50),
        RosterColumn("organisation", "机构", synonyms=("单位", "所在机构"), required=True, width=24, max_length=100,
                     help="机构全称、简称或 12 位区划代码"),
        RosterColumn("township", "乡镇", synonyms=("乡镇(街道)", "所属乡镇"), width=14,
                     help="村（社区）有重名的填写"),
        RosterColumn("role", "角色", clean=ROLE, synonyms=("岗位",), required=True, width=22),
        RosterColumn("phone_extension", "办公电话", synonyms=("电话",), width=14, max_length=30),
        RosterColumn("until", "有效期至", clean=normalise.date, kind="date", width=13, max_length=10,
                     synonyms=("截止日期",), help="当天仍有效；一直有效的不填"),
        RosterColumn("id_number", "身份证号", clean=normalise.id_number, kind="identity", sealed="id_number",
                     synonyms=("身份证号码",), width=22, max_length=18,
                     help="填了就把账号对应到本机构在任的这个人；只用来查找，不存在账号里"),
    )  # fmt: skip

    def places_of(self, roster_import, user):
        return AccountPlaces(roster_import, user)

    def place_choices(self, places):
        return places.choices()

    # --- check --------------------------------------------------------------------------------------

    def check(self, table, places):
        find_doubles(table, "username")
        find_doubles(table, "id_number")
        today = timezone.localdate().isoformat()
        given = (table.column(name) for name in ("organisation", "township", "role", "until"))
        for index, (typed, township, role, until) in enumerate(zip(*given, strict=True)):
            if until and until < today:
                table.refuse(index, "until", PAST)
            if not typed:
                continue
            place = places.find(typed, township)
            if isinstance(place, str):
                table.refuse(index, "organisation", place)
                continue
            table.places[index] = place.pk
            if role and (place.body_kind, place.level) not in ROLE_PLACES[Role(role)]:
                table.refuse(index, "role", NOT_THERE.format(role=Role(role).label, place=place.name))

    # --- compare ------------------------------------------------------------------------------------

    def compare(self, table, places, *, lock=False):
        stored = _Stored(table, places, lock)
        for index in range(len(table)):
            if not table.is_wrong(index):
                table.outcomes[index] = UNCHANGED
                row = {name: table.column(name)[index] for name in table.values}
                place = places.by_pk.get(table.places[index])
                if place is None:
                    # The importer keeps accounts there no more.
                    table.refuse(index, "organisation", GONE)
                else:
                    self._compare_row(table, index, row, place, stored)

    def _compare_row(self, table, index, row, place, stored):
        account = stored.accounts.get(row["username"])
        worker = stored.worker_of(index, place.pk)
        if row.get("id_number") and worker is None:
            return table.refuse(index, "id_number", NOBODY)
        if worker is not None and worker.name != row["display_name"]:
            return table.refuse(index, "display_name", OTHER_NAME)
        if worker is not None and stored.is_taken(worker, account):
            return table.refuse(index, "id_number", services.WORKER_TAKEN)
        if account is not None and account.pk not in stored.kept_here:
            return table.refuse(index, "username", services.NAME_TAKEN)
        if account is not None and account.pk == stored.user.pk:
            return table.refuse(index, "username", services.OWN_RIGHTS)
        wanted = _Wanted(row, place, account, worker, stored.assignment(account, row["role"], place.pk))
        try:
            wanted.check(stored.user)
        except ValidationError as refusal:
            # An assignment's fields are called like the columns here.
            column = next(iter(refusal.error_dict)) if hasattr(refusal, "error_dict") else "role"
            return table.refuse(index, column, "".join(refusal.messages))
        changes = wanted.changes()
        if changes:
            table.outcomes[index] = NEW if account is None else CHANGED
            table.changes[index], table.targets[index] = changes, wanted
        return None

    # --- write, undo --------------------------------------------------------------------------------

    def write(self, table, places, *, roster_import, by):
        written = {"created": [], "changed": []}
        for outcome, wanted in zip(table.outcomes, table.targets, strict=True):
            if outcome not in (NEW, CHANGED):
                continue
            try:
                wanted.write(by, written)
            except ValidationError as refusal:
                # Somebody took the name, or gave a role, between the comparison and now.
                raise PreviewOutdated from refusal
        return written

    def created_rows(self, written, *, roster_import):
        return {User._meta.label_lower: [pk for part in written for pk in part["created"]]}

    def undo(self, written, *, roster_import, by):
        created = [pk for part in written for pk in part["created"]]
        changed = [tuple(row) for part in written for row in part["changed"]]
        return undo_accounts(created=created, changed=changed, by=by)


class _Stored:
    """What rows are compared with, in a fixed number of questions."""

    def __init__(self, table, places, lock: bool):
        self.user = places.user
        # Not narrowed to the importer's scope: a name that is taken elsewhere is taken.
        rows = User.objects.filter(username__in=[name for name in table.column("username") if name])
        rows = rows.order_by("pk").select_for_update(of=("self",)) if lock else rows
        self.accounts = {account.username: account for account in rows}
        kept = User.objects.visible_to(self.user, "accounts.manage")
        self.kept_here = set(
            kept.filter(pk__in=[each.pk for each in self.accounts.values()]).values_list("pk", flat=True)
        )
        assignments = Assignment.objects.filter(user__in=self.accounts.values()).select_related("organisation")
        self._assignments = {(each.user_id, each.role, each.organisation_id): each for each in assignments}
        self._keys = blind_indexes("id_number", table.column("id_number"))
        in_post = Tenure.objects.in_post_on(timezone.localdate()).filter(
            worker__id_number_index__in=[key for key in self._keys if key], organisation__in=list(places.by_pk)
        )
        self._workers = {
            (bytes(each.worker.id_number_index), each.organisation_id): each.worker
            for each in in_post.select_related("worker")
        }
        linked = User.objects.filter(worker__in=self._workers.values())
        self._linked = dict(linked.values_list("worker", "pk"))

    def worker_of(self, index: int, body: int):
        key = self._keys[index]
        return self._workers.get((bytes(key), body)) if key else None

    def is_taken(self, worker, account) -> bool:
        holder = self._linked.get(worker.pk)
        return holder is not None and (account is None or holder != account.pk)

    def assignment(self, account, role: str, body: int) -> Assignment | None:
        return self._assignments.get((account.pk, role, body)) if account is not None else None


class _Wanted:
    """What one row wants: an account, a role in force until a day, the worker it is."""

    def __init__(self, row, place, account, worker, assignment):
        self.row, self.place, self.account, self.worker, self.assignment = row, place, account, worker, assignment
        self.until = datetime.date.fromisoformat(row["until"]) if row.get("until") else None

    def _new_assignment(self) -> Assignment:
        return Assignment(
            user=self.account, role=self.row["role"], organisation_id=self.place.pk, since=timezone.localdate(),
            until=self.until,
        )  # fmt: skip

    def check(self, by):
        """What the account would have besides, asked as it is asked when it is written. Raises ValidationError."""
        if self.account is None:
            return
        if self.assignment is None:
            services.check_assignment(self._new_assignment(), by=by)
        elif self._is_moved:
            # A copy: the stored one is compared with still.
            moved = copy.copy(self.assignment)
            moved.until = self.until
            services.check_assignment(moved, by=by)
        elif self.assignment.until and self.assignment.until < timezone.localdate():
            raise ValidationError({"until": ENDED.format(day=cn_date(self.assignment.until))})

    @property
    def _is_moved(self) -> bool:
        return self.assignment is not None and self.until is not None and self.until != self.assignment.until

    def values(self) -> dict:
        """{field: value} of the account that the row gives; what is empty leaves what is stored."""
        given = {name: self.row.get(name, "") for name in ("display_name", "phone_extension")}
        return {name: value for name, value in given.items() if value}

    def changes(self) -> dict[str, list[str]]:
        found = {}
        if self.account is None:
            found["账号"] = ["", self.row["username"]]
        for name, value in self.values().items():
            old = getattr(self.account, name) if self.account is not None else ""
            if old != value:
                found[str(User._meta.get_field(name).verbose_name)] = [old, value]
        role = f"{Role(self.row['role']).label}（{self.place.name}）"
        if self.assignment is None:
            found["角色"] = ["", role + (f"，至 {self.until}" if self.until else "")]
        elif self._is_moved:
            found["有效期至"] = [str(self.assignment.until or "一直有效"), str(self.until)]
        if self.worker is not None and (self.account is None or self.account.worker_id != self.worker.pk):
            found["对应的工作人员"] = ["", self.worker.name]
        return found

    def write(self, by, written: dict):
        if self.account is None:
            self.account = User(username=self.row["username"], worker=self.worker, **self.values())
            services.record_account(account=self.account, assignment=self._new_assignment(), by=by, via="import")
            written["created"].append(self.account.pk)
            return
        before = {name: getattr(self.account, name) for name in ("display_name", "phone_extension", "worker_id")}
        for name, value in self.values().items():
            setattr(self.account, name, value)
        if self.worker is not None:
            self.account.worker = self.worker
        if services.change_account(account=self.account, by=by, via="import"):
            after = {name: getattr(self.account, name) for name in before}
            pairs = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
            written["changed"].append(["account", self.account.pk, self.account.version, pairs])
        if self.assignment is None:
            granted = services.grant_role(assignment=self._new_assignment(), by=by)
            written["changed"].append(["granted", granted.pk, granted.version, {}])
        elif self._is_moved:
            old, self.assignment.until = self.assignment.until, self.until
            services.change_role_dates(
                assignment=self.assignment, expected_version=self.assignment.version, by=by
            )  # fmt: skip
            pairs = {"until": [old.isoformat() if old else None, self.until.isoformat()]}
            written["changed"].append(["until", self.assignment.pk, self.assignment.version, pairs])
