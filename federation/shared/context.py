"""What every page needs besides its own content: display settings, the unit's name, who is here, the menu."""

import functools

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.functional import cached_property

from federation.shared.display import Display
from federation.shared.offline import forms_of
from federation.shared.permissions import LOGGED_IN
from federation.shared.submissions import key_of, new_key

PRODUCT_NAME = "残联基层组织管理"

# (URL name, label, permission). At most seven stand in the menu; the rest on the page 更多.
MENU = (
    ("home", "工作台", LOGGED_IN),
    ("organisation-list", "机构", "organisations.view"),
    ("person-list", "残疾人登记", "persons.view"),
    ("member-list", "专职委员", "members.view"),
    ("roster-list", "名册导入", "rosters.import"),
    ("run-list", "考核", "assessments.view"),
    ("job-list", "后台任务", "jobs.view"),
)
MORE = (
    ("own-page", "我的", "own.view"),
    ("approval-list", "待审核登记表", "persons.approve"),
    ("draft-list", "我的草稿", "persons.edit"),
    ("summary-current", "基本情况汇总表", "persons.view"),
    ("subsidy-batch-list", "补贴", "subsidies.view"),
    ("training-list", "培训", "trainings.view"),
    ("appraisal-list", "专职委员考核", "appraisals.view"),
    ("nomination-list", "优秀专职委员", "selections.view"),
    ("transfer-list", "转移", "persons.view"),
    ("duplicate-list", "疑似重复", "persons.approve"),
    ("household-list", "残疾人家庭", "persons.view"),
    ("in-charge-list", "专职委员负责的人", "persons.edit"),
    ("export-list", "我的下载", "tables.export"),
    ("export-waiting", "待同意的下载", "exports.approve"),
    ("person-request-list", "个人信息请求", "persons.view"),
    ("erasure-list", "到期待删除", "persons.erase"),
    ("field-register", "个人信息登记簿", "persons.view"),
    ("role-table", "角色和权限一览", LOGGED_IN),
    ("account-list", "账号", "accounts.manage"),
    ("key-list", "接口密钥", "accounts.manage"),
    ("roster-synonyms", "表头写法", "rosters.synonyms"),
    ("standard-list", "考核标准", "standards.edit"),
    ("audit-list", "审计日志", "audit.view"),
)
MENU_LIMIT = 7


def address_of(name: str, *args: str) -> str:
    """The URL of a name, or "" while that page does not exist. Kept for good: `args` of few values only."""
    return _address_under(name, args, get_script_prefix(), settings.ROOT_URLCONF)


@functools.cache
def _address_under(name: str, args: tuple[str, ...], _prefix: str, _urlconf: str) -> str:
    """Every page asks for the forty addresses of its menus, a list of people for fifty of persons."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class House:
    """Everything is computed when a template asks for it: an error page asks for nothing."""

    def __init__(self, request):
        self.request = request

    @cached_property
    def display(self) -> Display:
        return Display.of(self.request)

    @property
    def here(self) -> str:
        return self.request.get_full_path()

    @cached_property
    def user(self):
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def unit_name(self) -> str:
        organisation = self.user.home_organisation if self.user else None
        return str(organisation) if organisation else getattr(settings, "FEDERATION_UNIT_NAME", "") or PRODUCT_NAME

    @property
    def submission_key(self) -> str:
        """Of the form on this page: the same again where it comes back with errors."""
        return str(key_of(self.request) or new_key())

    @cached_property
    def fills_in_offline(self) -> bool:
        """Whether this account has forms that work without network, and so a worker and an outbox."""
        return bool(self.user and forms_of(self.user))

    @property
    def contact(self) -> str:
        return getattr(settings, "FEDERATION_CONTACT", "")

    @property
    def person(self) -> str:
        return str(self.user) if self.user else ""

    @property
    def role(self) -> str:
        assignments = self.user.current_assignments if self.user else []
        return assignments[0].get_role_display() if assignments else ""

    @property
    def home_url(self) -> str:
        return address_of("home") or "/"

    @property
    def login_ends_in(self) -> int | None:
        """Seconds until the login ends if nothing more is asked; None where nobody is logged in."""
        return getattr(self.request, "login_ends_in", None)

    @property
    def warning_seconds(self) -> int:
        return settings.FEDERATION_WARNING_SECONDS

    @property
    def session_url(self) -> str:
        return address_of("session")

    @property
    def login_url(self) -> str:
        return address_of(settings.LOGIN_URL)

    @property
    def logout_url(self) -> str:
        return address_of("logout")

    @property
    def password_url(self) -> str:
        return address_of("password_change")

    def _items(self, entries) -> list[dict]:
        items = []
        for name, label, permission in entries:
            url = address_of(name)
            if url and self.user and (permission == LOGGED_IN or self.user.has_scope(permission)):
                items.append({"url": url, "label": label, "current": self._current(url)})
        return items

    def _current(self, url: str) -> str:
        """The value of aria-current: this very page, or the part of the product this page lies in."""
        here = self.request.path
        if here == url:
            return "page"
        return "true" if url != "/" and here.startswith(url) else ""

    @cached_property
    def _split(self) -> tuple[list, list]:
        menu, more = self._items(MENU), self._items(MORE)
        if more and len(menu) >= MENU_LIMIT:
            menu, more = menu[: MENU_LIMIT - 1], menu[MENU_LIMIT - 1 :] + more
        if more and address_of("more"):
            url = address_of("more")
            # What lies below a page of the menu is marked there.
            inside = any(item["current"] for item in more) and not any(item["current"] for item in menu)
            menu.append({"url": url, "label": "更多", "current": "true" if inside else self._current(url)})
        return menu, more

    @property
    def nav(self) -> list[dict]:
        return self._split[0]

    @property
    def more(self) -> list[dict]:
        return self._split[1]


def page_context(request):
    # Not "site": the login view of Django puts its own `site` into the context.
    return {"house": House(request)}
