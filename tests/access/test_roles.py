"""The table of roles: every permission exists, nobody both makes and approves, the roles of the domain as written."""

from federation.roles import (
    API_RESOURCES,
    EXCLUSIVE_ROLES,
    MAKING_AND_APPROVING,
    PERMISSIONS,
    ROLE_PERMISSIONS,
    ROLE_PLACES,
    Role,
    permissions_of,
)
from orgs.models import BodyKind, Level

WRITING = {
    "organisations.edit",
    "organisations.manage",
    "members.edit",
    "persons.edit",
    "rosters.import",
    "assessments.run",
    "assessments.score",
    "assessments.publish",
    "standards.edit",
    "accounts.manage",
    "jobs.manage",
}
REVEALING = {"persons.reveal", "members.reveal"}


def test_every_role_has_a_line_and_names_existing_permissions_only():
    assert set(ROLE_PERMISSIONS) == set(Role) == set(ROLE_PLACES)
    for role in Role:
        assert permissions_of(role) <= set(PERMISSIONS)


def test_an_unknown_role_may_do_nothing():
    assert permissions_of("superuser") == frozenset()


def test_no_role_both_makes_and_approves_a_result():
    for making, approving in MAKING_AND_APPROVING:
        for role in Role:
            assert not {making, approving} <= permissions_of(role), role


def test_only_the_leader_publishes():
    assert {role for role in Role if "assessments.publish" in permissions_of(role)} == {Role.COUNTY_LEADER}


def test_only_the_administrator_keeps_accounts_and_approves_nothing():
    assert {role for role in Role if "accounts.manage" in permissions_of(role)} == {Role.ADMINISTRATOR}
    assert not {"assessments.publish", "assessments.score"} & permissions_of(Role.ADMINISTRATOR)


def test_lists_of_people_are_taken_out_by_who_works_with_them_and_answered_by_others():
    takes = {role for role in Role if "exports.personal" in permissions_of(role)}
    assert not takes & {Role.ADMINISTRATOR, Role.AUDITOR, Role.ASSOCIATION_OFFICER}
    for role in Role:
        held = permissions_of(role)
        # Who answers could take the list out; who takes lists of people out, takes lists out.
        assert "exports.personal" in held or not {"exports.approve", "exports.approve_below"} & held, role
        assert "tables.export" in held or "exports.personal" not in held, role
    # In every place where lists of people leave, somebody may be the second person.
    assert "exports.approve" in permissions_of(Role.UPPER_VIEWER)
    assert "exports.approve_below" not in permissions_of(Role.UPPER_VIEWER)


def test_the_auditor_reads_the_log_and_writes_nothing():
    assert {role for role in Role if "audit.view" in permissions_of(role)} == {Role.AUDITOR}
    assert not (WRITING | REVEALING) & permissions_of(Role.AUDITOR)


def test_upper_levels_read_people_masked_and_write_nothing():
    assert not (WRITING | REVEALING) & permissions_of(Role.UPPER_VIEWER)


def test_association_officers_see_people_masked():
    assert not REVEALING & permissions_of(Role.ASSOCIATION_OFFICER)


def test_who_may_edit_may_also_see():
    for role in Role:
        for permission in permissions_of(role):
            subject, verb = permission.split(".")
            if verb in ("edit", "reveal"):
                seen = {"standards": "assessments"}.get(subject, subject)
                assert f"{seen}.view" in permissions_of(role), (role, permission)


def test_administrators_and_auditors_hold_no_other_role():
    assert {Role.ADMINISTRATOR, Role.AUDITOR} == EXCLUSIVE_ROLES


def test_places_of_roles_are_kinds_and_levels_that_exist():
    for places in ROLE_PLACES.values():
        assert places
        for kind, level in places:
            assert kind in BodyKind.values
            assert level in Level.values


def test_no_resource_of_machines_is_about_people():
    assert not [name for name in API_RESOURCES if name.startswith(("person", "member", "worker"))]
