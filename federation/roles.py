"""Who may do what: one table, role × permission. Scope (which rows) is asked beside it, never here.

Read by views, the REST interface, jobs, menus, the handbook's table and the tests. A permission that
is not in PERMISSIONS does not exist; a role that does not list one does not have it.
"""

from django.db.models import TextChoices


class Role(TextChoices):
    VILLAGE_MEMBER = "village_member", "村（社区）专职委员"
    TOWNSHIP_DIRECTOR = "township_director", "乡镇（街道）理事长"
    TOWNSHIP_MEMBER = "township_member", "乡镇（街道）专职委员"
    COUNTY_CLERK = "county_clerk", "县残联经办"
    COUNTY_LEADER = "county_leader", "县残联负责人"
    ASSOCIATION_OFFICER = "association_officer", "专门协会工作人员"
    UPPER_VIEWER = "upper_viewer", "市（省）残联查阅"
    ADMINISTRATOR = "administrator", "系统管理员"
    AUDITOR = "auditor", "审计员"


PERMISSIONS = {
    "organisations.view": "查看机构及其牌子、场所、制度等",
    "organisations.edit": "登记和修改机构的牌子、场所、制度等",
    "organisations.manage": "新建、撤销机构，装入区划",
    "members.view": "查看工作人员和专职委员",
    "members.edit": "登记和修改工作人员、任职、聘任",
    "own.view": "查看自己的任职、上岗证、补贴和提醒",
    "members.reveal": "显示工作人员的完整号码",
    "members.permit_second": "准许一人同时受聘两个岗位",
    "members.permit_renewal": "准许续聘考核不称职的人（一次，写明原因）",
    "subsidies.view": "查看补贴标准、批次和明细",
    "subsidies.edit": "登记补贴标准，制作补贴批次",
    "subsidies.check": "复核他人制作的补贴批次",
    "subsidies.return": "退回补贴批次",
    "subsidies.approve": "审批补贴批次",
    "trainings.view": "查看培训班、参训情况和还要培训的人",
    "trainings.edit": "登记培训班，报名，登记到会、考核和证书",
    "trainings.targets": "规定每年培训次数",
    "persons.view": "查看残疾人登记表（号码遮盖）",
    "persons.edit": "填写和修改残疾人登记表",
    "persons.reveal": "显示残疾人的完整号码",
    "persons.approve": "审核或退回登记表，处理转移",
    "persons.merge": "合并重复的登记表",
    "persons.erase": "办理个人信息的删除",
    "summaries.view": "查看基本情况汇总表（表一）",
    "summaries.edit": "提交基本情况汇总表",
    "summaries.approve": "审定或退回基本情况汇总表",
    "rosters.import": "导入名册",
    "rosters.synonyms": "维护名册的表头写法",
    "assessments.view": "查看考核评分和达标情况",
    "assessments.run": "发起考核",
    "assessments.score": "给人工评分项打分",
    "assessments.publish": "公布考核结果",
    "standards.edit": "修改考核标准",
    "appraisals.view": "查看专职委员的绩效考核",
    "appraisals.run": "发起专职委员考核",
    "appraisals.score": "给专职委员的评议项打分",
    "appraisals.object": "代专职委员提出考核异议",
    "appraisals.decide": "评定等次、公布专职委员考核、复核异议",
    "selections.view": "查看优秀专职委员评选",
    "selections.nominate": "推荐优秀专职委员",
    "selections.opine": "对推荐签本级意见",
    "selections.edit": "登记评选的公示和反映",
    "selections.conclude": "登记评选结果",
    "tables.export": "下载表格",
    "exports.personal": "下载有个人信息的名单（号码遮盖）",
    "exports.approve": "同意本单位同事下载名单",
    "exports.approve_below": "同意下级下载名单",
    "jobs.view": "查看自己发起的后台任务",
    "jobs.manage": "查看和处理本级及下级的全部后台任务",
    "accounts.manage": "管理账号和接口密钥",
    "audit.view": "查看审计日志",
}

_READ = {
    "organisations.view",
    "members.view",
    "trainings.view",
    "persons.view",
    "summaries.view",
    "assessments.view",
    "jobs.view",
}
_TOWNSHIP = _READ | {
    "organisations.edit",
    "members.edit",
    "trainings.edit",
    "persons.edit",
    "persons.reveal",
    "members.reveal",
    "rosters.import",
    "summaries.edit",
    "tables.export",
    "exports.personal",
}
# Puts somebody forward for an award; the level's opinion is another's.
_NOMINATES = {"selections.view", "selections.nominate"}
# Whoever agrees that a list leaves did not ask for it; a viewer of city or province answers for its own body alone.
_SECOND_PERSON = {"exports.approve", "exports.approve_below"}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.VILLAGE_MEMBER: frozenset(
        _READ
        | {"own.view", "organisations.edit", "persons.edit", "persons.reveal", "summaries.edit"}
        | {"tables.export", "exports.personal"}
        | _NOMINATES
    ),
    Role.TOWNSHIP_DIRECTOR: frozenset(
        _TOWNSHIP
        | {"own.view", "persons.approve", "subsidies.view", "summaries.approve"}
        # The township's evaluation is its director's; an objection for a member is written there too.
        | {"appraisals.view", "appraisals.score", "appraisals.object", "selections.view", "selections.opine"}
        | _SECOND_PERSON
    ),
    Role.TOWNSHIP_MEMBER: frozenset(_TOWNSHIP | {"own.view"} | _NOMINATES),
    Role.COUNTY_CLERK: frozenset(
        _TOWNSHIP
        | {"organisations.manage", "persons.approve", "persons.merge", "assessments.run", "assessments.score"}
        # Makes batches and checks those of another: never the own ones (committees.services.batches).
        | {"subsidies.view", "subsidies.edit", "subsidies.check", "subsidies.return"}
        | {"trainings.targets"}
        | {"appraisals.view", "appraisals.run", "appraisals.score", "selections.edit"}
        | _NOMINATES
    ),
    Role.COUNTY_LEADER: frozenset(
        _READ
        # Publishes what the clerk has run and scored: nobody both makes and approves a result.
        | {
            "persons.reveal",
            "members.reveal",
            "persons.approve",
            "persons.erase",
            "summaries.approve",
            "assessments.publish",
            "subsidies.view",
            "subsidies.return",
            "subsidies.approve",
            "tables.export",
            "exports.personal",
        }
        | {"appraisals.view", "appraisals.decide", "selections.view", "selections.opine", "selections.conclude"}
        | _SECOND_PERSON
    ),
    Role.ASSOCIATION_OFFICER: frozenset({"organisations.view", "organisations.edit", "persons.view", "jobs.view"}),
    Role.UPPER_VIEWER: frozenset(
        _READ
        | {"subsidies.view", "summaries.approve", "tables.export", "exports.personal", "exports.approve"}
        | {"appraisals.view", "selections.view", "selections.opine"}
    ),
    Role.ADMINISTRATOR: frozenset(
        _READ
        | {
            "jobs.manage",
            "organisations.edit",
            "organisations.manage",
            "rosters.import",
            "rosters.synonyms",
            "standards.edit",
            "accounts.manage",
            "members.permit_second",
            "members.permit_renewal",
            "tables.export",
        }
    ),
    Role.AUDITOR: frozenset(
        _READ | {"subsidies.view", "appraisals.view", "selections.view", "audit.view", "tables.export"}
    ),
}

# Where a role may be held: (kind of body, level 1 province … 5 village) as orgs.models names them.
_FEDERATIONS = {level: ("federation", level) for level in (1, 2, 3, 4)}
_OFFICES = frozenset({_FEDERATIONS[1], _FEDERATIONS[2], _FEDERATIONS[3]})
ROLE_PLACES: dict[str, frozenset[tuple[str, int]]] = {
    Role.VILLAGE_MEMBER: frozenset({("village_association", 5)}),
    Role.TOWNSHIP_DIRECTOR: frozenset({_FEDERATIONS[4]}),
    Role.TOWNSHIP_MEMBER: frozenset({_FEDERATIONS[4]}),
    Role.COUNTY_CLERK: frozenset({_FEDERATIONS[3]}),
    Role.COUNTY_LEADER: frozenset({_FEDERATIONS[3]}),
    Role.ASSOCIATION_OFFICER: frozenset(("specialised_association", level) for level in (1, 2, 3, 4)),
    Role.UPPER_VIEWER: frozenset({_FEDERATIONS[1], _FEDERATIONS[2]}),
    Role.ADMINISTRATOR: _OFFICES,
    Role.AUDITOR: _OFFICES,
}

# Who keeps the accounts and who reads the log do nothing else: an account with one of these has no other role.
EXCLUSIVE_ROLES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})

# Pairs that no role may hold together: what makes a result, and what approves it.
MAKING_AND_APPROVING = (
    ("assessments.run", "assessments.publish"),
    ("assessments.score", "assessments.publish"),
    ("subsidies.edit", "subsidies.approve"),
    ("subsidies.check", "subsidies.approve"),
    ("appraisals.run", "appraisals.decide"),
    ("appraisals.score", "appraisals.decide"),
    ("selections.nominate", "selections.opine"),
    ("selections.edit", "selections.conclude"),
)

# What a machine key may be granted, one name a resource of /api/v1/.
API_RESOURCES = {
    "organisations": "机构树",
    "rates": "三个百分之百等比率",
    "runs": "考核批次",
    "results": "考核结果",
    "compliance": "九有、六有达标情况",
    "summaries": "残疾人基本情况汇总表（表一）的数字",
    "subsidies": "专职委员补贴的人数、人月和金额",
    "trainings": "培训的期数、人次、学时和完成率",
}


def permissions_of(role: str) -> frozenset[str]:
    return ROLE_PERMISSIONS.get(role, frozenset())


def roles_with(permission: str) -> list[str]:
    return [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
