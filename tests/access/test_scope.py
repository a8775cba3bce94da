"""Scope by tree path: who sees which rows."""

from orgs.models import Organisation


def seen_by(user, permission=None):
    return set(Organisation.objects.visible_to(user, permission).values_list("pk", flat=True))


def test_a_township_sees_itself_and_its_villages_only(world):
    seen = seen_by(world.director)
    assert seen == {world.township.pk, world.village.pk, world.village_second.pk}


def test_a_township_does_not_see_its_neighbour_or_its_county(world):
    assert seen_by(world.director).isdisjoint({world.neighbour_township.pk, world.county.pk})


def test_somebody_without_a_role_sees_nothing(world):
    assert seen_by(world.stranger) == set()


def test_a_role_without_the_permission_gives_no_rows(world):
    assert seen_by(world.viewer, "organisations.edit") == set()
    assert world.village.pk in seen_by(world.viewer)


def test_a_disabled_account_sees_nothing(world):
    user = type(world.clerk).objects.get(pk=world.clerk.pk)
    user.is_active = False
    assert seen_by(user) == set()


def test_a_path_that_begins_alike_is_not_a_subtree(world):
    """Sibling paths of equal width never count as below each other."""
    for key in ("township", "neighbour_township"):
        body = world.orgs[key]
        below = set(Organisation.objects.under(body.path).values_list("pk", flat=True))
        oracle = {body.pk} | {
            o.pk
            for o in Organisation.objects.all()
            if o.path != body.path and body.is_descendant_of(o) is False and o.is_descendant_of(body)
        }
        assert below == oracle


def test_a_machine_key_sees_its_subtree_for_granted_resources_only(world):
    world.machine.resources = ["organisations"]
    assert Organisation.objects.visible_to(world.machine, "api.organisations").count() == Organisation.objects.count()
    assert Organisation.objects.visible_to(world.machine, "api.rates").count() == 0
