"""The names of audit actions in words: exact ones here, `<model>.<verb>` from the model's own name."""

from django.apps import apps

ACTION_WORDS = {
    "accounts.login.succeeded": "登录",
    "accounts.login.failed": "登录失败",
    "accounts.login.locked_out": "登录失败过多，暂时锁定",
    "accounts.logout": "退出",
    "accounts.password_changed": "修改自己的密码",
    "shared.number.revealed": "查看完整号码",
    "shared.number.reveal_refused": "查看完整号码被拒绝",
    "shared.backup.made": "做备份",
    "shared.sealing_key.rotated": "更换加密密钥",
}
VERBS = {"created": "新建", "changed": "修改", "deleted": "删除", "exported": "下载", "imported": "导入"}


def describe(words: dict[str, str]):
    """Add an app's actions, from its AppConfig.ready."""
    ACTION_WORDS.update(words)


def action_words(action: str) -> str:
    """The action as a reader understands it; its dotted name where nothing better is known."""
    if action in ACTION_WORDS:
        return ACTION_WORDS[action]
    label, _, verb = action.rpartition(".")
    name = label_words(label)
    return f"{VERBS[verb]}{name}" if verb in VERBS and name != label else action


def label_words(label: str) -> str:
    """A model's Chinese name."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label
