import pytest


@pytest.fixture
def ask(client, world):
    """`ask("/organisations/", level=4)`: a request with the province's key, or with `key`."""

    def send(address, key=None, headers=None, **params):
        headers = {"authorization": f"Api-Key {key or world.machine_key}", **(headers or {})}
        return client.get(address if address.startswith("http") else f"/api/v1{address}", params, headers=headers)

    return send
