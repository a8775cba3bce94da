"""Display settings, menu, name of the unit: what the context processor gives every page."""

import re

import html5lib
import pytest
from django.test import RequestFactory
from django.urls import path

from federation.shared.context import MENU_LIMIT, House, page_context
from federation.shared.display import Display, safe_next

pytestmark = pytest.mark.django_db


def house(user=None, address="/", cookies=None):
    request = RequestFactory().get(address)
    request.COOKIES.update(cookies or {})
    if user is not None:
        request.user = user
    return page_context(request)["house"]


def labels(items):
    return [item["label"] for item in items]


def test_settings_come_from_cookies_and_foreign_values_count_as_none():
    display = house(cookies={"fed_size": "150", "fed_theme": "<script>", "fed_density": "dense"}).display
    assert display == Display(size="150", theme="auto", density="dense")


def test_saving_settings_sets_cookies_that_scripts_cannot_read_and_leads_back(client):
    response = client.post("/display/", {"size": "200", "theme": "contrast", "density": "x", "next": "/help/?a=1"})
    assert response.status_code == 302 and response.url == "/help/?a=1"
    assert {name: c.value for name, c in response.cookies.items() if name.startswith("fed_")} == {
        "fed_size": "200",
        "fed_theme": "contrast",
    }
    assert response.cookies["fed_size"]["httponly"] and response.cookies["fed_size"]["samesite"] == "Lax"
    page = html5lib.parse(client.get("/help/").content, namespaceHTMLElements=False)
    assert (page.get("data-size"), page.get("data-theme"), page.get("data-density")) == ("200", "contrast", "standard")


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "", None, "help"]
)
def test_settings_never_lead_to_another_site(client, address):
    assert safe_next(address) == "/"
    assert client.post("/display/", {"size": "100", "next": address or ""}).url == "/"


def test_somebody_not_logged_in_sees_the_product_name_and_no_menu():
    assert house().nav == [] and house().person == "" and house().more == []
    assert house().unit_name == "残联基层组织管理"


def test_the_unit_is_that_of_the_account_and_the_role_stands_beside_the_name(world):
    here = house(world.director)
    assert here.unit_name == world.township.name
    assert (here.role, here.person) == ("乡镇（街道）理事长", "孙理事长")
    nobody = house(world.stranger)
    assert (labels(nobody.nav), labels(nobody.more)) == (["工作台", "更多"], ["角色和权限一览"])


@pytest.mark.parametrize("name", ["clerk", "member", "viewer", "administrator", "auditor", "officer"])
def test_no_menu_is_longer_than_seven_and_each_item_may_be_opened(world, name):
    user = getattr(world, name)
    here = house(user)
    assert 1 <= len(here.nav) <= MENU_LIMIT
    if not user.has_scope("rosters.import"):
        assert "名册导入" not in labels(here.nav)
    if not user.has_scope("audit.view"):
        assert "审计日志" not in labels(here.more)


class _AllPages:
    """A URL configuration in which every page of the menu exists."""

    from federation.shared.context import MENU, MORE

    urlpatterns = [
        path("" if name == "home" else f"{name}/", lambda request: None, name=name) for name, *_ in MENU + MORE
    ]
    urlpatterns.append(path("more/", lambda request: None, name="more"))


def test_what_does_not_fit_the_menu_stands_on_the_page_more(world, settings):
    settings.ROOT_URLCONF = _AllPages
    clerk, chief = house(world.clerk), house(world.administrator)
    for person in (clerk, chief):
        assert labels(person.nav) == ["工作台", "机构", "残疾人登记", "专职委员", "名册导入", "考核", "更多"]
        assert labels(person.more)[0] == "后台任务"
    assert "账号" not in labels(clerk.more)
    assert labels(chief.more)[-4:] == ["账号", "接口密钥", "表头写法", "考核标准"]
    assert "名册导入" not in labels(house(world.auditor).nav)
    assert labels(house(world.auditor).more)[-1] == "审计日志"


def test_the_present_part_of_the_product_is_marked_in_the_menu(world, settings):
    settings.ROOT_URLCONF = _AllPages
    marked = {i["label"]: i["current"] for i in house(world.clerk, "/person-list/17/").nav if i["current"]}
    assert marked == {"残疾人登记": "true"}
    assert [i["label"] for i in house(world.clerk, "/").nav if i["current"] == "page"] == ["工作台"]
    assert {i["label"] for i in house(world.administrator, "/account-list/").nav if i["current"]} == {"更多"}


def test_the_house_asks_the_database_only_for_the_assignments_of_the_account(world, django_assert_max_num_queries):
    user = type(world.clerk).objects.get(pk=world.clerk.pk)
    with django_assert_max_num_queries(1):
        here = house(user)
        assert here.nav and here.unit_name and here.role and here.display and here.more is not None


def test_an_error_page_before_anybody_is_known_still_draws():
    assert House(RequestFactory().get("/x")).nav == []


def test_a_missing_page_says_what_to_do_and_shows_no_trace(client):
    response = client.get("/there/is/nothing/")
    text = response.content.decode()
    assert response.status_code == 404
    assert "没有找到这个页面" in text and "不在您负责的范围内" in text
    assert not re.search(r"Traceback|Exception|urlpatterns", text)
