"""The audit log's actions in words: one table, read by the log's pages and the tests.

A change of a row made by `save_versioned` or `create_versioned` needs no line: `<model>.changed` is put into words
from the model's own name. Everything else that calls `audit.record` has one.
"""

ACTIONS = {
    "access.refused": "越权操作被拒绝",
    "accounts.login.succeeded": "登录",
    "accounts.login.failed": "登录失败",
    "accounts.login.locked_out": "登录失败过多，暂时锁定",
    "accounts.logout": "退出",
    "accounts.password_changed": "修改自己的密码",
    "accounts.password_reset": "重设账号的密码",
    "accounts.account.created": "新建账号",
    "accounts.account.changed": "修改账号",
    "accounts.account.enabled": "启用账号",
    "accounts.account.disabled": "停用账号",
    "accounts.role.granted": "分配角色",
    "accounts.role.changed": "修改角色分配",
    "accounts.key.issued": "发放接口密钥",
    "accounts.key.disabled": "停用接口密钥",
    "accounts.key.refused": "接口密钥被拒绝",
    "divisions.loaded": "装入行政区划",
    "exports.asked": "申请下载名单",
    "exports.approved": "同意他人下载名单",
    "exports.refused": "不同意他人下载名单",
    "exports.made": "生成下载文件",
    "exports.fetched": "下载文件",
    "ledgers.draft.kept": "存登记表草稿",
    "ledgers.draft.deleted": "删除登记表草稿",
    "ledgers.person.approved": "审核通过登记表",
    "ledgers.person.returned": "退回登记表",
    "ledgers.person.withdrawn": "撤回未审核的登记表",
    "orgs.organisation.abolished": "撤销机构",
    "orgs.organisation.moved": "调整机构隶属",
    "orgs.tenure.ended": "登记离任",
    "rosters.errors.downloaded": "下载名册错误表",
    "rosters.import.uploaded": "上传名册",
    "rosters.import.confirmed": "确认名册导入",
    "rosters.import.undone": "撤销名册导入",
    "run.started": "发起考核",
    "run.scored": "给人工评分项打分",
    "run.reviewed": "核对考核结果",
    "run.exported": "下载考核表格",
    "run.published": "公布考核结果",
    "shared.number.revealed": "查看完整号码",
    "shared.number.reveal_refused": "查看完整号码被拒绝",
    "shared.backup.made": "做备份",
    "shared.jobs.released": "恢复备份后放行后台任务",
    "shared.retention.done": "删除保存期满的内容",
    "shared.sealing_key.rotated": "更换加密密钥",
}

# What save_versioned and its kin append to a model's name.
VERBS = {"created": "新建", "changed": "修改", "deleted": "删除"}
