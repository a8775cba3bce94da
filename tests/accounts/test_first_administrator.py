"""The first account of a new installation."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from federation.roles import Role


def test_the_first_administrator_can_log_in_and_must_change_the_password(world, capsys):
    call_command("create_administrator", "first", "陈一", at=world.county.code)
    password = capsys.readouterr().out.rsplit("：", 1)[1].strip()
    user = User.objects.get(username="first")
    assert user.check_password(password)
    assert user.must_change_password
    assert [(a.role, a.organisation) for a in user.current_assignments] == [(Role.ADMINISTRATOR, world.county)]


@pytest.mark.parametrize(
    ("username", "at", "words"),
    [("first", "999999999999", "load_divisions"), ("clerk", "620422000000", "已存在")],
    ids=["no such federation", "name taken"],
)
def test_a_mistake_is_refused_with_a_sentence_and_nothing_is_stored(world, username, at, words):
    before = User.objects.count()
    with pytest.raises(CommandError, match=words):
        call_command("create_administrator", username, "陈一", at=at)
    assert User.objects.count() == before
