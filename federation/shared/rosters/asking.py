"""Who may ask for people that a preview found registered elsewhere, and what the page says of it."""

from federation.shared.models.rosters import RosterImport
from federation.shared.rosters import services
from federation.shared.rosters.registry import roster_of
from federation.shared.rosters.resource import TakenIn

State = RosterImport.State


def may_ask(row: RosterImport, user) -> bool:
    """Whether the page has anybody to ask for, and `user` may."""
    roster = roster_of(row.kind)
    is_shown = row.state in (State.CHECKED, State.DONE) and row.transfer_count
    return bool(is_shown and roster.asks_for_people and roster.may_ask(row, user, at_once=False))


def within_at_once(row: RosterImport, user) -> int:
    """How many people of the own area `user` may move at once, 0 where none or too many."""
    within = row.report.get("within", 0)
    roster = roster_of(row.kind)
    if not 0 < within <= services.AT_ONCE_LIMIT or not roster.asks_for_people:
        return 0
    return within if roster.may_ask(row, user, at_once=True) else 0


def told(outcome: TakenIn) -> str:
    parts = (
        (outcome.moved, "已直接转入 {} 人"),
        (outcome.asked, "已申请转入 {} 人，等对方处理"),
        (outcome.already_asked, "{} 人已有转移在办理"),
        (outcome.left_out, "{} 人没有申请（姓名与登记不一致、已登记死亡，或已在本机构）"),
    )
    return "；".join(words.format(f"{count:,}") for count, words in parts if count) + "。"
