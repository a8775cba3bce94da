"""The two rosters whose row speaks of several records: committee members, organisations."""

from committees.models import Appointment
from federation.shared.models import RosterImport
from federation.shared.normalise import with_check_digit
from federation.shared.rosters import staging
from orgs.models import (
    ArchiveVolume,
    Budget,
    Organisation,
    Plaque,
    Premises,
    Regulation,
    ResponsibilityLetter,
    Tenure,
    Worker,
)
from tests.rosters.people import id_number, roster_file

State = RosterImport.State


def member(serial=0, **given):
    row = {
        "姓名": "李小" + "一二三四五六七八九十"[serial],
        "身份证号": id_number(serial, sex="女"),
        "性别": "女",
        "乡镇": "会师镇",
        "村（社区）": "东山村",
        "身份": "残疾人亲友",
        "残疾亲友姓名": "李大山",
        "与残疾人关系": "父女",
        "联系电话": "13900000001",
        "一卡通账号": with_check_digit(f"62170000000000{serial:04d}"),
        "任职日期": "2024-01-01",
        "聘期起": "2024-01-01",
        "聘期止": "2026-12-31",
        "用工方式": "财政补贴",
        "上岗证编号": f"SG{serial:03d}",
        "上岗证发证日期": "2024-02-01",
        "上岗证有效期至": "2027-02-01",
    }
    return row | given


def body(**given):
    row = {
        "乡镇": "会师镇",
        "村（社区）": None,
        "地址": "会师镇政府一楼",
        "挂牌日期": "2012-05-01",
        "场所用途": "办公场所",
        "场所面积": "40",
        "场所权属": "自有",
        "场所启用日期": "2012-05-01",
        "规章制度": "学习、工作制度、信访接待",
        "制度印发日期": "2012-06-01",
        "经费年度": "2026",
        "安排金额": "12000",
        "支出金额": "8000.5",
        "档案年度": "2026",
        "工作档案": "表二40、一记30",
        "责任书年度": "2026",
        "责任书签订日期": "2026-03-01",
        "理事长姓名": "孙理事",
        "理事长身份证号": id_number(7),
        "理事长任职日期": "2022-01-01",
        "理事长另任职务": "社会事务中心主任",
    }
    return row | given


def test_members_become_workers_tenures_and_appointments(course, world):
    rows = [member(0), member(1, **{"村（社区）": None})]
    checked = course.send(roster_file(rows), kind="members")
    assert (checked.state, checked.new_count) == (State.CHECKED, 2), (checked.refusal, course.errors(checked))
    assert course.confirm(checked).state == State.DONE
    villager, township_member = Worker.objects.order_by("pk")
    assert villager.id_number.open_plain() == rows[0]["身份证号"]
    assert villager.payment_account.open_plain() == rows[0]["一卡通账号"]
    assert villager.name_initials.startswith("lx")
    tenure = Tenure.objects.get(worker=villager)
    assert (tenure.organisation, tenure.org_path, tenure.post) == (
        world.village,
        world.village.path,
        "committee_member",
    )
    assert tenure.appointment.role == Appointment.Role.VILLAGE_MEMBER
    assert str(tenure.appointment.contract_to) == "2026-12-31"
    assert tenure.appointment.certificate_number == "SG000"
    assert Tenure.objects.get(worker=township_member).appointment.role == Appointment.Role.TOWNSHIP_MEMBER


def test_the_same_members_again_change_nothing_and_a_new_contract_is_a_change(course):
    course.written(roster_file([member(0), member(1)]), kind="members")
    again = course.send(roster_file([member(0), member(1)]), kind="members")
    assert (again.unchanged_count, again.may_be_confirmed) == (2, False)
    renewed = course.send(roster_file([member(0, 聘期止="2028-12-31"), member(1)]), kind="members")
    assert (renewed.changed_count, renewed.unchanged_count) == (1, 1)
    done = course.confirm(renewed)
    assert str(Appointment.objects.order_by("pk").first().contract_to) == "2028-12-31"
    assert course.undo(done).state == State.UNDONE
    assert str(Appointment.objects.order_by("pk").first().contract_to) == "2026-12-31"


def test_a_member_in_post_elsewhere_is_offered_as_a_transfer_and_never_taken(course, world):
    course.written(roster_file([member(0)]), kind="members")
    checked = course.send(roster_file([member(0, **{"村（社区）": "西山村"})]), kind="members")
    assert (checked.transfer_count, checked.may_be_confirmed) == (1, False)
    assert Tenure.objects.get().organisation == world.village


def test_members_who_are_neither_disabled_nor_relatives_or_contradict_their_number_are_refused(course):
    rows = [
        member(0, 身份="其他"),
        member(1, 性别="男"),
        member(2, 聘期止="2020-01-01"),
        member(3, 岗位="乡镇专职委员"),
    ]
    checked = course.send(roster_file(rows), kind="members")
    assert checked.wrong_count == 4, course.errors(checked)
    sentences = "\n".join(course.errors(checked))
    for words in ("第 2 行“身份”", "第 3 行“性别”", "第 4 行“聘期止”", "第 5 行“岗位”"):
        assert words in sentences
    assert not Worker.objects.exists()


def test_a_body_gets_its_facts_and_its_director(course, world):
    village = body(**{"村（社区）": "东山村", "协会主席姓名": "周主席", "协会主席任职日期": "2023-01-01"})
    village |= dict.fromkeys(["理事长姓名", "理事长身份证号", "理事长任职日期", "理事长另任职务"])
    checked = course.send(roster_file([body(), village]), kind="organisations")
    assert (checked.state, checked.changed_count) == (State.CHECKED, 2), (checked.refusal, course.errors(checked))
    done = course.confirm(checked)
    assert done.state == State.DONE, done.refusal
    township = Organisation.objects.get(pk=world.township.pk)
    assert township.address == "会师镇政府一楼"
    assert str(Plaque.objects.get(organisation=township).hung_on) == "2012-05-01"
    assert Premises.objects.get(organisation=township).area == 40
    assert set(Regulation.objects.filter(organisation=township).values_list("kind", flat=True)) == {
        "study", "work", "petition"}  # fmt: skip
    assert str(Budget.objects.get(organisation=township).spent_amount) == "8000.50"
    assert dict(ArchiveVolume.objects.filter(organisation=township).values_list("ledger_kind", "item_count")) == {
        "t2": 40, "diary": 30}  # fmt: skip
    assert ResponsibilityLetter.objects.get(organisation=township).upper_party == world.county
    director = Tenure.objects.get(organisation=township, post="director")
    assert (director.worker.name, director.is_concurrent) == ("孙理事", True)
    assert Tenure.objects.get(organisation=world.village).post == "association_chair"
    again = course.send(roster_file([body()]), kind="organisations")
    assert again.unchanged_count == 1, course.errors(again)


def test_a_new_person_named_at_both_ends_of_a_large_file_is_written_once(course, world, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK_ROWS", 1)
    chair = {"协会主席姓名": "周主席", "协会主席身份证号": id_number(7), "协会主席任职日期": "2023-01-01"}
    none = dict.fromkeys(["理事长姓名", "理事长身份证号", "理事长任职日期", "理事长另任职务"])
    rows = [body(**{"村（社区）": village}, **chair) | none for village in ("东山村", "西山村")]
    done = course.written(roster_file(rows), kind="organisations")
    assert done.state == State.DONE, done.refusal
    assert Worker.objects.get().name == "周主席"
    bodies = Tenure.objects.filter(post="association_chair").values_list("organisation_id", flat=True)
    assert set(bodies) == {world.village.pk, world.village_second.pk}
    assert course.undo(done).state == State.UNDONE
    assert not Worker.objects.exists()


def test_an_organisation_import_is_undone_as_a_whole(course, world):
    done = course.written(roster_file([body()]), kind="organisations")
    assert course.undo(done).state == State.UNDONE
    assert not Plaque.objects.exists()
    assert not Worker.objects.exists()
    assert Organisation.objects.get(pk=world.township.pk).address == ""


def test_a_second_director_is_not_put_beside_the_one_in_post(course):
    course.written(roster_file([body()]), kind="organisations")
    checked = course.send(roster_file([body(理事长姓名="钱新人", 理事长身份证号=id_number(9))]), kind="organisations")
    assert checked.wrong_count == 1
    assert "仍在任" in course.errors(checked)[0]


def test_amounts_without_their_year_are_refused_by_heading(course):
    checked = course.send(roster_file([body(经费年度=None)]), kind="organisations")
    assert course.errors(checked) == ["第 2 行“经费年度”：填了“安排金额”就必须填这一项。"]
