"""The OAuth2 client-credentials flow."""

import threading
from datetime import timedelta

import httpx
import pytest

from pond_pipeline.errors import HydroVuError
from pond_pipeline.hydrovu import HydroVuClient, shared_auth
from pond_pipeline.hydrovu.auth import ClientCredentials
from pond_pipeline.hydrovu.retry import TransientError
from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.hydrovu.api import SECRET, Clock

TOKEN_URL = "http://hydrovu.test/public-api/oauth/token"  # noqa: S105  # an address


class Office:
    """A server that gives numbered tokens, and accepts those of `valid` (None: all)."""

    def __init__(self, token: object = None, *, status: int = 200) -> None:
        self.token = token
        self.status = status
        self.tokens = 0
        self.forms: list[str] = []
        self.valid: set[str] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            self.tokens += 1
            self.forms.append(request.content.decode())
            default = {"access_token": f"t{self.tokens}", "expires_in": 3600}
            return httpx.Response(self.status, json=default if self.token is None else self.token)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        return httpx.Response(200 if self.valid is None or token in self.valid else 401, text=token)


def client_at(office: Office, *, clock: Clock | None = None) -> httpx.Client:
    auth = ClientCredentials(TOKEN_URL, "key", SECRET, clock=clock or Clock())
    return httpx.Client(auth=auth, transport=httpx.MockTransport(office))


def test_one_token_serves_many_requests() -> None:
    office = Office()
    with client_at(office) as client:
        tokens = [client.get("http://hydrovu.test/x").text for _ in range(3)]

    assert tokens == ["t1", "t1", "t1"]


def test_all_sessions_of_an_account_in_a_process_use_one_token() -> None:
    with Simulator(harbor(seed=1), secret=SECRET) as sim:
        account = (sim.base_url, "demo", SECRET)
        for _ in range(3):
            with HydroVuClient(*account, auth=shared_auth(*account)) as client:
                client.names()

        assert sim.counts == {"token": 1, "names": 3}


def test_another_secret_has_a_token_of_its_own() -> None:
    url = "http://a.test"
    assert shared_auth(url, "key", "one") is shared_auth(url, "key", "one")
    assert shared_auth(url, "key", "one") is not shared_auth(url, "key", "two")


def test_the_request_for_a_token_is_a_form_with_both_scopes() -> None:
    office = Office()
    with client_at(office) as client:
        client.get("http://hydrovu.test/x")

    scope = "read%3Alocations+read%3Adata"
    assert office.forms == [
        f"grant_type=client_credentials&client_id=key&client_secret={SECRET}&scope={scope}"
    ]


@pytest.mark.parametrize(("lifetime_s", "early_s"), [(35_999, 60), (3600, 60), (60, 30), (1, 0.5)])
def test_a_token_is_renewed_a_minute_or_half_its_life_early(
    lifetime_s: int, early_s: float
) -> None:
    office = Office({"access_token": "t", "expires_in": lifetime_s})
    clock = Clock()
    with client_at(office, clock=clock) as client:
        client.get("http://hydrovu.test/x")
        clock.now += timedelta(seconds=lifetime_s - early_s, microseconds=-1)
        client.get("http://hydrovu.test/x")
        assert office.tokens == 1
        clock.now += timedelta(microseconds=1)
        client.get("http://hydrovu.test/x")

    assert office.tokens == 2


@pytest.mark.parametrize(
    "lifetime", [{}, {"expires_in": None}, {"expires_in": "x"}, {"expires_in": 0}]
)
def test_a_token_without_a_known_end_is_used_until_refused(lifetime: dict[str, object]) -> None:
    office = Office({"access_token": "t", **lifetime})
    clock = Clock()
    with client_at(office, clock=clock) as client:
        for _ in range(3):
            client.get("http://hydrovu.test/x")
            clock.now += timedelta(days=1000)

    assert office.tokens == 1


def test_a_refused_token_is_replaced_once_and_the_request_repeated() -> None:
    office = Office()
    office.valid = {"t2"}
    with client_at(office) as client:
        response = client.get("http://hydrovu.test/x")

    assert (response.status_code, response.text) == (200, "t2")


def test_a_second_refusal_is_the_answer() -> None:
    office = Office()
    office.valid = set()
    with client_at(office) as client:
        response = client.get("http://hydrovu.test/x")

    assert response.status_code == 401
    assert office.tokens == 2


def test_threads_share_one_token() -> None:
    office = Office()
    with client_at(office) as client:
        threads = [
            threading.Thread(target=client.get, args=("http://hydrovu.test/x",)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert office.tokens == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_say_what_to_check(status: int) -> None:
    with client_at(Office(status=status)) as client, pytest.raises(HydroVuError) as caught:
        client.get("http://hydrovu.test/x")

    assert f"HTTP {status}" in str(caught.value)
    assert "`key` and `secret`" in caught.value.hint
    assert SECRET not in repr(caught.value)


@pytest.mark.parametrize(
    "token",
    [
        [],
        {},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "a\nb"},
        {"access_token": "µ"},
    ],
    ids=repr,
)
def test_an_answer_without_a_usable_token_is_an_error(token: object) -> None:
    with client_at(Office(token)) as client, pytest.raises(HydroVuError, match="token"):
        client.get("http://hydrovu.test/x")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_token_endpoint_out_of_order_may_be_tried_again(status: int) -> None:
    with client_at(Office(status=status)) as client, pytest.raises(TransientError):
        client.get("http://hydrovu.test/x")


def test_a_failure_leaves_no_lock_behind() -> None:
    office = Office(status=500)
    with client_at(office) as client:
        with pytest.raises(TransientError):
            client.get("http://hydrovu.test/x")
        office.status = 200

        assert client.get("http://hydrovu.test/x").text == "t2"


def test_neither_key_nor_secret_nor_token_is_shown() -> None:
    auth = ClientCredentials(TOKEN_URL, "the-key", SECRET, clock=Clock())
    with httpx.Client(auth=auth, transport=httpx.MockTransport(Office())) as client:
        client.get("http://hydrovu.test/x")

    assert repr(auth) == f"ClientCredentials('{TOKEN_URL}')"
    assert "t1" not in repr(auth._token)
